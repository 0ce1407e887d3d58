// How the app looks to its reader, beside light and dark: how large its letters are. And whether they
// chose its language themselves, for otherwise it speaks the one that their practice knows of them.
import { effect, signal } from "@preact/signals";

export const SIZES = ["usual", "large", "largest"] as const;
export type Size = (typeof SIZES)[number];

function read(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function write(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // A browser may forbid storage; the page then asks again next time.
  }
}

export const size = signal<Size>(SIZES.find((one) => one === read("engage.size")) ?? "usual");
effect(() => {
  document.documentElement.dataset["size"] = size.value;
  write("engage.size", size.value);
});

export const spoken = (): boolean => read("engage.spoken") === "1";
export const speaks = (): void => write("engage.spoken", "1");

/** Whether somebody on this device wants no passkey; it is about the device, and about nobody. */
export const declined = (): boolean => read("engage.no-passkey") === "1";
export const declines = (): void => write("engage.no-passkey", "1");
