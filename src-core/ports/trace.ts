/** One field of a decoded payload in the readable log; values are plain text, never state objects, never secrets. */
export interface LogField {
  readonly name: string;
  readonly value: string;
}

export type LogArea = 'connection' | 'ike' | 'child' | 'eap' | 'certificate' | 'mobility' | 'esp' | 'settings';
export type LogLevel = 'error' | 'warning' | 'info' | 'debug';

/** What a component reports. At most 1 KiB of text; control characters are escaped by whoever shows it. */
export interface LogRecord {
  readonly level: LogLevel;
  readonly area: LogArea;
  /** One sentence a person can read. */
  readonly text: string;
  /** For messages: direction and decoded payloads by their RFC names. */
  readonly exchange?: {
    readonly direction: 'sent' | 'received';
    readonly name: string;
    readonly messageId: number;
    readonly response: boolean;
    readonly from: string;
    readonly to: string;
    readonly payloads: readonly { readonly name: string; readonly fields: readonly LogField[] }[];
  };
}

/** Keys of an SA for pcapng and key-file export; only when the person asked for a capture. */
export type TracedKeys =
  | {
      readonly type: 'ike';
      readonly spiInitiator: string;
      readonly spiResponder: string;
      readonly encryption: string;
      readonly integrity: string;
      readonly skEi: Uint8Array;
      readonly skEr: Uint8Array;
      readonly skAi: Uint8Array;
      readonly skAr: Uint8Array;
    }
  | {
      readonly type: 'esp';
      readonly spi: number;
      readonly encryption: string;
      readonly integrity: string;
      readonly encryptionKey: Uint8Array;
      readonly integrityKey: Uint8Array;
    };

export interface Trace {
  log(record: LogRecord): void;
  /** Absent unless keys shall be exported; may come and go with a capture. The receiver wipes what it gets. */
  keys?(keys: TracedKeys): void;
}
