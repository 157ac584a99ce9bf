// For the workers of vitest: a Node that loads the addon with a sanitizer must have the sanitizer's library loaded first
// (LD_PRELOAD). The programs it starts must not: their findings are not ours.
process.env.AGILE_VPN_SANITIZER = process.env.LD_PRELOAD;
delete process.env.LD_PRELOAD;
