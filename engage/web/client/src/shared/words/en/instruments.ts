// How the screenings are called that ship with the package: each has a name here.
export const words = {
  "instrument.hunger-vital-sign": "Hunger Vital Sign",
  "instrument.ahc-living-situation": "AHC: living situation and housing problems",
  "instrument.ahc-transportation": "AHC: transportation",
  "instrument.ahc-utilities": "AHC: utilities",
  "instrument.phq-2": "PHQ-2: mood",
  "instrument.phq-9-item-9": "PHQ-9, question 9: self-harm",
} as const;
