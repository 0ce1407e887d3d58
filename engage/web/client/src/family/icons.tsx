// The pictures of the app: lines, of the color of the words beside them, which say the same.
const PATHS = {
  today: "M3 11.5 12 4l9 7.5M5.5 10v9.5h13V10M10 19.5v-5h4v5",
  visits: "M4 6.5h16v13H4zM4 10.5h16M8 3.5v4M16 3.5v4",
  "to-do": "M9.5 6h11M9.5 12h11M9.5 18h11M3 6l1.5 1.5L7 4.8M3 12l1.5 1.5L7 10.8M3 18l1.5 1.5L7 16.8",
  messages: "M4 5h16v11.5h-9L6.5 20v-3.5H4zM8 9.5h8M8 12.5h5",
  more: "M5 11.4a.6.6 0 1 0 0 1.2.6.6 0 0 0 0-1.2ZM12 11.4a.6.6 0 1 0 0 1.2.6.6 0 0 0 0-1.2ZM19 11.4a.6.6 0 1 0 0 1.2.6.6 0 0 0 0-1.2Z",
  car: "M4 16.5v-3.8l2-5.2h12l2 5.2v3.8zM4 12.7h16M6.5 16.5v2M17.5 16.5v2M7.5 14.6h.01M16.5 14.6h.01",
  bag: "M5 8.5h14l-1 11.5H6zM9 8.5V7a3 3 0 0 1 6 0v1.5",
  pin: "M12 21s-6.5-6.2-6.5-11a6.5 6.5 0 0 1 13 0c0 4.8-6.5 11-6.5 11ZM12 12.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4Z",
  heart: "M12 20s-7.5-4.6-7.5-10A4.3 4.3 0 0 1 12 7.4 4.3 4.3 0 0 1 19.5 10c0 5.4-7.5 10-7.5 10Z",
  check: "M4.5 12.5 9.5 17.5 19.5 7",
  back: "M14.5 5 7.5 12l7 7",
  next: "M9.5 5l7 7-7 7",
  call: "M6 3.5h3.5L11 8 8.8 9.6a12 12 0 0 0 5.6 5.6L16 13l4.5 1.5V18a2.5 2.5 0 0 1-2.7 2.5C9.5 20 4 14.5 3.5 6.2A2.5 2.5 0 0 1 6 3.5Z",
  phone: "M7.5 3h9v18h-9zM11 18h2",
} as const;

export type Icon = keyof typeof PATHS;

export function Picture({ of }: { of: Icon }) {
  return (
    <svg class="picture" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[of]} fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round" />
    </svg>
  );
}
