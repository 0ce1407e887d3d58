// The mark: a text, and something that grows out of it.
export function Mark() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path
        fill="currentColor"
        d="M6 3h20a4 4 0 0 1 4 4v13a4 4 0 0 1-4 4H14l-7 6v-6H6a4 4 0 0 1-4-4V7a4 4 0 0 1 4-4Z"
      />
      <path
        fill="none"
        stroke="var(--surface)"
        stroke-width="2.4"
        stroke-linecap="round"
        stroke-linejoin="round"
        d="M16 19v-7m0 2c-4 0-5-2-5-5 4 0 5 2 5 5Zm0 2c4 0 5-2 5-5-4 0-5 2-5 5Z"
      />
    </svg>
  );
}
