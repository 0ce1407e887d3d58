import type { words as en } from "../en/instruments";

export const words: Record<keyof typeof en, string> = {
  "instrument.hunger-vital-sign": "Hunger Vital Sign: comida",
  "instrument.ahc-living-situation": "AHC: vivienda y sus problemas",
  "instrument.ahc-transportation": "AHC: transporte",
  "instrument.ahc-utilities": "AHC: luz, gas y agua",
  "instrument.phq-2": "PHQ-2: ánimo",
  "instrument.phq-9-item-9": "PHQ-9, pregunta 9: hacerse daño",
};
