import js from '@eslint/js';
import hooks from 'eslint-plugin-react-hooks';
import globals from 'globals';
import tseslint from 'typescript-eslint';

/** Which way imports go (docs/architecture.md). Each room names what it must not reach. */
const forbid = (files, rooms, message) => ({
  files,
  rules: {
    'no-restricted-imports': ['error', { patterns: rooms.map((room) => ({ regex: room, message })) }],
  },
});

const outside = ['(^|/)src-main(/|$)', '(^|/)src-renderer(/|$)', '(^|/)native(/|$)', '^electron($|/)'];
const platform = [
  '^(node:)?(dgram|net|fs|fs/promises|os|child_process|timers|timers/promises|http|https|worker_threads|dns|perf_hooks)$',
  '^ws$',
];
const core = [...outside, ...platform];
const coreMessage = 'src-core is given ports; it imports no host, no socket, no clock.';

export default tseslint.config(
  { ignores: ['node_modules', 'out', 'native/build', 'coverage', 'test-results', 'playwright-report', '.setup'] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  {
    languageOptions: { globals: { ...globals.node } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/unified-signatures': 'off',
    },
  },
  forbid(['src-core/**/*.ts'], core, coreMessage),
  forbid(
    ['src-core/{ports,bytes}/**/*.ts'],
    [...core, '/(crypto|ikev2|eap|pki|esp|mobility|connection|profiles|gateway)(/|$)'],
    'ports and bytes are at the bottom.',
  ),
  forbid(
    ['src-core/crypto/**/*.ts'],
    [...core, '/(ikev2|eap|pki|esp|mobility|connection|profiles|gateway)(/|$)'],
    'crypto knows ports and bytes only.',
  ),
  forbid(
    ['src-core/ikev2/wire/**/*.ts'],
    [...core, '/(sa|exchanges|eap|pki|esp|mobility|connection|profiles|gateway)(/|$)'],
    'the wire knows bytes and crypto only.',
  ),
  forbid(
    ['src-core/ikev2/{sa,exchanges}/**/*.ts'],
    [...core, '/(mobility|connection|profiles|gateway)(/|$)'],
    'exchanges and SAs know nothing of the connection above them.',
  ),
  {
    files: ['src-core/**/*.ts'],
    ignores: ['src-core/**/*.test.ts'],
    rules: {
      'no-restricted-globals': ['error', 'setTimeout', 'setInterval', 'setImmediate', 'performance'],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'use ports/clock' },
        { object: 'Math', property: 'random', message: 'use ports/random' },
      ],
    },
  },
  forbid(
    ['src-renderer/**/*.{ts,tsx}'],
    [
      '(^|/)src-core/(?!(connection/status|profiles/profile|ports/)).*',
      '(^|/)src-main/(?!api(/|$))',
      '(^|/)native(/|$)',
      '^electron',
      '^node:',
    ],
    'the renderer knows src-main/api and plain types.',
  ),
  forbid(
    ['src-text/**/*.ts'],
    [
      '(^|/)src-core/(?!ports/)',
      '(^|/)src-main(/|$)',
      '(^|/)src-renderer(/|$)',
      '(^|/)native(/|$)',
      '^electron',
      '^node:',
    ],
    'texts know names of ports only.',
  ),
  forbid(
    ['src-main/{service,api}/**/*.ts'],
    ['(^|/)src-renderer(/|$)', '^electron($|/)', '/(electron|web|cli)(/|$)'],
    'the service knows no host.',
  ),
  {
    files: ['src-renderer/**/*.{ts,tsx}'],
    languageOptions: { globals: { ...globals.browser } },
    plugins: { 'react-hooks': hooks },
    rules: { ...hooks.configs.recommended.rules },
  },
  {
    files: ['**/*.test.ts', 'src-core/**/simulation/**/*.ts'],
    rules: { 'no-restricted-imports': 'off', 'no-restricted-globals': 'off' },
  },
);
