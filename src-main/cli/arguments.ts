import { parseArgs, type ParseArgsConfig } from 'node:util';
import { CommandError, exitCode } from './exit-codes';

export const usage = `Agile VPN: an IKEv2 client whose tunnel survives the loss of the adapter under it.

  agile-vpn connect PROFILE          connect and stay in the foreground; Ctrl+C disconnects
      PROFILE is the name of a saved connection or a file
      --username U  --password-file F  --password-stdin  --pin-file F  --log
      --capture DIR   packets and keys from the first one on, as by capture
  agile-vpn disconnect [NAME]        end a connection of any program of this user; lifts the kill switch it left
  agile-vpn status [NAME] [--watch]  what is connected
  agile-vpn list                     saved connections
  agile-vpn import FILE…             save the connections of files  [--replace]
  agile-vpn export NAME --format F   write a connection to standard output (formats: agilevpn, sswan, mobileconfig, rasphone)
  agile-vpn remove NAME              forget a saved connection
  agile-vpn log [NAME] [--follow]    the readable IKEv2 log of what runs
  agile-vpn capture NAME --out DIR   packets, outside and inside, and the keys for Wireshark; Ctrl+C ends it
  agile-vpn diagnose PROFILE         name, ports, fragments, certificate, sign-in, addresses, traffic: what works and what to do
      the options of connect; changes nothing on this computer
  agile-vpn gateway [--listen ADDR] [--port N]   the demo gateway on loopback; prints a ready profile
  agile-vpn ui [--port N] [--no-open] [--demo]   the user interface in the browser
      --keep-secrets   saved passwords go to a file that only you can read; it is not encrypted

  --json   one JSON object a line on standard output
`;

export interface Arguments {
  readonly names: readonly string[];
  readonly flags: Readonly<Record<string, boolean>>;
  readonly values: Readonly<Record<string, string>>;
}

export interface Accepted {
  readonly flags?: readonly string[];
  readonly values?: readonly string[];
  /** Fewest and most names. */
  readonly names: readonly [number, number];
}

/** Throws CommandError 1 with what is wrong. */
export function parseArguments(given: readonly string[], accepted: Accepted): Arguments {
  const options: NonNullable<ParseArgsConfig['options']> = { json: { type: 'boolean' } };
  for (const flag of accepted.flags ?? []) options[flag] = { type: 'boolean' };
  for (const value of accepted.values ?? []) options[value] = { type: 'string' };
  let parsed;
  try {
    parsed = parseArgs({ args: [...given], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new CommandError(exitCode.usage, error instanceof Error ? error.message : String(error));
  }
  const [fewest, most] = accepted.names;
  if (parsed.positionals.length < fewest) throw new CommandError(exitCode.usage, 'A name is missing.');
  if (parsed.positionals.length > most)
    throw new CommandError(exitCode.usage, `Too many names: ${parsed.positionals.slice(most).join(' ')}.`);
  const flags: Record<string, boolean> = {};
  const values: Record<string, string> = {};
  for (const [key, value] of Object.entries(parsed.values)) {
    if (typeof value === 'boolean') flags[key] = value;
    else if (typeof value === 'string') values[key] = value;
  }
  return { names: parsed.positionals, flags, values };
}

/** A UDP or TCP port. Throws CommandError 1. */
export function parsePort(text: string | undefined, option: string): number | null {
  if (text === undefined) return null;
  const port = Number(text);
  if (!/^[0-9]{1,5}$/.test(text) || port > 65_535)
    throw new CommandError(exitCode.usage, `${option} must be a port, 0 to 65535.`);
  return port;
}
