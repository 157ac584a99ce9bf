import type { StepResult } from '../../src-core/diagnosis/steps';

export type { ExportFormat, ExportLine } from '../../src-core/profiles/export-formats';
export type { DiagnosisOutcome, DiagnosisStepName } from '../../src-core/diagnosis/steps';

/** A step as data and in English. */
export interface DiagnosisStep extends StepResult {
  /** What was found, in plain words: the English of `finding`; empty while it waits or runs. */
  readonly text: string;
  /** What to do about it: the English of `adviceKey`; null where nothing is to be done. */
  readonly advice: string | null;
}

/**
 * All steps are there from the start; each `diagnosis` push brings the whole again. Nothing on the computer is changed
 * by it.
 */
export interface Diagnosis {
  readonly connection: string;
  readonly running: boolean;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly steps: readonly DiagnosisStep[];
}

export type WirelessSecurity = 'open' | 'owe' | 'wep' | 'wpa' | 'wpa2' | 'wpa3' | 'enterprise';

/** One wireless network as NetworkManager sees it; the strongest access point of those that share name and security. */
export interface WirelessNetwork {
  /** For `connectWireless`; good until the network is gone. */
  readonly id: string;
  /** Kernel name of the adapter. */
  readonly adapter: string;
  /** The SSID; untrusted text. Hidden networks are not listed. */
  readonly name: string;
  /** 0..100. */
  readonly signal: number;
  readonly security: WirelessSecurity;
  /** MHz. */
  readonly frequency: number;
  readonly state: 'available' | 'connecting' | 'connected' | 'disconnecting';
  /** Saved in NetworkManager, or open: it can be joined without a question. */
  readonly joinable: boolean;
  /**
   * This computer joins it by itself when it is in reach; null: that cannot be set from here, as little as it can be
   * joined.
   */
  readonly automatically: boolean | null;
}

export interface ImportLine {
  /** Path of the key in the imported file. */
  readonly key: string;
  readonly outcome: 'understood' | 'ignored' | 'missing' | 'wrong';
  /** In English. */
  readonly text: string;
  /** The same by the name of its sentence, for the language of the user interface. */
  readonly message?: { readonly key: string; readonly values: Readonly<Record<string, string>> };
  /** The base name of a file that is not there and may be given along. */
  readonly file?: string;
}

/** Nothing is saved before `commitImport`. */
export interface ImportReport {
  readonly token: string;
  readonly format: string;
  readonly profileName: string | null;
  readonly replaces: boolean;
  readonly acceptable: boolean;
  readonly lines: readonly ImportLine[];
}

/**
 * A file or link that somebody opened with the app. Nothing of it is saved before the person says so (`commitImport`).
 */
export interface OfferedImport {
  readonly fileName: string;
  readonly report: ImportReport;
}
