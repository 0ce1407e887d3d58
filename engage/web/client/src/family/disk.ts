// What the app keeps on the phone, for the one who is signed in: three boxes in IndexedDB, emptied at
// the sign-out. Where a browser forbids storage the same boxes live as long as the page.
export type Box = "kept" | "records" | "outbox";

const NAME = "engage-family";
const BOXES: readonly Box[] = ["kept", "records", "outbox"];
const memory = new Map<string, unknown>();

let opening: Promise<IDBDatabase | null> | undefined;

function open(): Promise<IDBDatabase | null> {
  opening ??= new Promise((resolve) => {
    try {
      const asked = indexedDB.open(NAME, 1);
      asked.onupgradeneeded = () => {
        for (const box of BOXES) asked.result.createObjectStore(box);
      };
      asked.onsuccess = () => {
        // Another window signs out: let go, so that it can take everything away.
        asked.result.onversionchange = () => {
          asked.result.close();
          opening = undefined;
        };
        resolve(asked.result);
      };
      asked.onerror = () => resolve(null);
    } catch {
      resolve(null);
    }
  });
  return opening;
}

const done = <T>(asked: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error ?? new Error("IndexedDB"));
  });

const finished = (work: IDBTransaction): Promise<void> =>
  new Promise((resolve, reject) => {
    work.oncomplete = () => resolve();
    work.onabort = work.onerror = () => reject(work.error ?? new Error("IndexedDB"));
  });

export async function get<T>(box: Box, key: string): Promise<T | undefined> {
  const disk = await open();
  if (disk === null) return memory.get(`${box} ${key}`) as T | undefined;
  return (await done(disk.transaction(box).objectStore(box).get(key))) as T | undefined;
}

/** Everything in a box, in the order of its keys. */
export async function all<T>(box: Box): Promise<T[]> {
  const disk = await open();
  if (disk === null) {
    const mine = [...memory].filter(([key]) => key.startsWith(`${box} `)).sort();
    return mine.map(([, value]) => value as T);
  }
  return (await done(disk.transaction(box).objectStore(box).getAll())) as T[];
}

export interface Change {
  box: Box;
  key: string;
  /** undefined: taken away. */
  value?: unknown;
}

/** Several changes, all or none. */
export async function write(changes: readonly Change[]): Promise<void> {
  const disk = await open();
  if (disk === null) {
    for (const { box, key, value } of changes) {
      if (value === undefined) memory.delete(`${box} ${key}`);
      else memory.set(`${box} ${key}`, value);
    }
    return;
  }
  const work = disk.transaction(BOXES, "readwrite");
  for (const { box, key, value } of changes) {
    if (value === undefined) work.objectStore(box).delete(key);
    else work.objectStore(box).put(value, key);
  }
  await finished(work);
}

/** Some of the boxes are emptied: what was read goes, what somebody wrote may stay. */
export async function empty(...boxes: readonly Box[]): Promise<void> {
  for (const key of memory.keys()) if (boxes.some((box) => key.startsWith(`${box} `))) memory.delete(key);
  const disk = await open();
  if (disk === null) return;
  const work = disk.transaction(boxes, "readwrite");
  for (const box of boxes) work.objectStore(box).clear();
  await finished(work);
}

/** Nothing of anybody is left on this phone. */
export async function wipe(): Promise<void> {
  memory.clear();
  const disk = await open();
  if (disk === null) return;
  const work = disk.transaction(BOXES, "readwrite");
  for (const box of BOXES) work.objectStore(box).clear();
  await finished(work);
  disk.close();
  opening = undefined;
  indexedDB.deleteDatabase(NAME);
}
