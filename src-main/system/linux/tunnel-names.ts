/** Kernel names of our own tunnel adapters; the helper creates no others (native/helper/settings.h: kTunnels). */
export const OWN_TUNNEL = /^avpn[0-9]{1,2}$/;

const MOST_TUNNELS = 98;

/** Every name a tunnel adapter may have, in order. */
export const tunnelNames: readonly string[] = Array.from({ length: MOST_TUNNELS }, (_, number) => `avpn${number}`);

/** What else may be tried where `name` is taken. */
export function otherTunnelNames(name: string): string[] {
  return tunnelNames.filter((other) => other !== name);
}
