import { expect, test } from 'vitest';
import { libreswanProposals, strongswanProposals } from './proposals';

test.each([
  ['ike', 'aes256-sha256-modp2048', ['aes256-sha256-modp2048'], []],
  [
    'ike',
    'aes128gcm16-prfsha512-ecp256 , AES256-SHA384-ECP384!',
    ['aes128gcm16-prfsha512-ecp256', 'aes256-sha384-ecp384'],
    [],
  ],
  // charon adds its PRFs to AEAD ciphers without one.
  ['ike', 'aes256gcm16-ecp384', ['aes256gcm16-prfsha256-prfsha384-prfsha512-ecp384'], []],
  ['ike', 'aes256gcm16-sha384-ecp384', ['aes256gcm16-sha384-ecp384'], []],
  ['ike', 'aes256-aes256gcm16-sha256-modp2048', ['aes256gcm16-sha256-modp2048', 'aes256-sha256-modp2048'], []],
  ['ike', 'aes256-camellia256-sha256-modp2048-modp6144', ['aes256-sha256-modp2048'], ['camellia256', 'modp6144']],
  ['ike', '3des-sha1-modp1024', [], ['3des']],
  ['ike', 'default', [], []],
  ['ike', 'aes256-sha256-x25519-ke1_mlkem768, default', ['aes256-sha256-x25519-ke1_mlkem768', 'default'], []],
  ['ike', 'aes256-sha256', [], []],
  ['esp', 'aes256gcm16-sha256-ecp384-esn', ['aes256gcm16-ecp384-esn'], []],
  ['esp', 'aes256-sha1-modpnone', ['aes256-sha1'], []],
  ['esp', 'null-sha256,aes128-sha256', ['aes128-sha256'], ['null']],
] as const)('strongSwan %s %s', (protocol, text, proposals, dropped) => {
  expect(strongswanProposals(protocol, text)).toEqual({ proposals, dropped });
});

test.each([
  ['ike', 'aes_gcm256-sha2_512;dh20', ['aes256gcm16-sha512-ecp384'], []],
  ['ike', 'aes256-sha2;dh19,aes256-sha2;modp3072', ['aes256-sha256-ecp256', 'aes256-sha256-modp3072'], []],
  ['ike', 'aes_gcm_c_256-hmac_sha2_256-ecp_521', ['aes256gcm16-sha256-ecp521'], []],
  ['ike', 'aes-sha1;dh2', ['aes256-aes128-sha1-modp1024'], []],
  ['ike', 'aes256+aes128-sha2_256+sha2_384;dh14+dh22', ['aes256-aes128-sha256-sha384-modp2048'], ['dh22']],
  ['ike', 'aes_gcm256', ['aes256gcm16-prfsha512-prfsha256-modp2048-modp3072-modp4096-ecp256-ecp384-ecp521-x25519'], []],
  ['esp', 'aes_gcm256-null', ['aes256gcm16'], []],
  ['esp', 'aes_gcm', ['aes256gcm16-aes128gcm16'], []],
  ['esp', 'aes256', ['aes256-sha512-sha256'], []],
  ['esp', 'chacha20_poly1305;dh31', ['chacha20poly1305-x25519'], []],
  ['esp', '3des-sha1', [], ['3des']],
] as const)('libreswan %s %s', (protocol, text, proposals, dropped) => {
  expect(libreswanProposals(protocol, text)).toEqual({ proposals, dropped });
});
