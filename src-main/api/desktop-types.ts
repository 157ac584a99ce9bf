import type { VpnErrorInfo } from '../../src-core/ports/vpn-error';
import type { ImportReport } from './contract';

/** What a diagnosis looks at, in this order. */
export type DiagnosisStepName = 'name' | 'udp-500' | 'udp-4500' | 'proposals' | 'fragments' | 'certificate' | 'authentication' | 'addresses' | 'traffic';

/** `warning`: it works, or may work, but something should be known. `skipped`: an earlier step failed, or it does not apply. */
export type DiagnosisOutcome = 'waiting' | 'running' | 'passed' | 'warning' | 'failed' | 'skipped';

export interface DiagnosisStep {
  readonly step: DiagnosisStepName;
  readonly outcome: DiagnosisOutcome;
  /** What was found, in plain words; empty while it waits or runs. */
  readonly text: string;
  /** What to do about it; null where nothing is to be done. */
  readonly advice: string | null;
  readonly error: VpnErrorInfo | null;
  readonly milliseconds: number | null;
}

/** All steps are there from the start; each `diagnosis` push brings the whole again. Nothing on the computer is changed by it. */
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
}

/** A file or link that somebody opened with the app. Nothing of it is saved before the person says so (`commitImport`). */
export interface OfferedImport {
  readonly fileName: string;
  readonly report: ImportReport;
}

export type ExportFormat = 'agilevpn' | 'sswan' | 'mobileconfig' | 'rasphone';

/** One thing that the format of an export cannot say; null `key` speaks of the whole. */
export interface ExportLine {
  readonly key: string;
  readonly text: string;
}
