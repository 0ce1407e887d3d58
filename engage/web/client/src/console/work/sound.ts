// Two short tones for a new crisis, made here: no file, and none before somebody has touched the
// page, since a browser forbids it. It can be switched off.
import { sound } from "../../shared/look";
import { rang } from "../desk";

const TONES = [660, 880];
const SECONDS = 0.16;
const LOUD = 0.2;
let audio: AudioContext | undefined;

export function ring(): void {
  if (!navigator.userActivation.hasBeenActive) return;
  audio ??= new AudioContext();
  void audio.resume();
  for (const [place, pitch] of TONES.entries()) {
    const begins = audio.currentTime + place * SECONDS * 1.5;
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0, begins);
    volume.gain.linearRampToValueAtTime(LOUD, begins + 0.02);
    volume.gain.linearRampToValueAtTime(0, begins + SECONDS);
    tone.connect(volume).connect(audio.destination);
    tone.start(begins);
    tone.stop(begins + SECONDS);
  }
}

export function beginSound(): void {
  let heard = rang.peek();
  rang.subscribe((many) => {
    if (many > heard && sound.peek() === "on") ring();
    heard = many;
  });
}
