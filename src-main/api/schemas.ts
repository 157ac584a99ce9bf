import type { ApiRequests } from './contract';

/** JSON Schema, as far as the contract needs it. */
export type Schema = Readonly<Record<string, unknown>>;

/**
 * Names people type: anything printable and short. Emptiness is refused; what it looks like is the renderer's concern.
 */
const name: Schema = { type: 'string', minLength: 1, maxLength: 256 };
const none: Schema = { type: 'null' };
const bool: Schema = { type: 'boolean' };
const text = (maxLength: number): Schema => ({ type: 'string', maxLength });
const nullable = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] });
const object = (properties: Readonly<Record<string, Schema>>): Schema => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});

const answer: Schema = {
  type: 'object',
  discriminator: { propertyName: 'type' },
  properties: { type: { type: 'string' } },
  required: ['type'],
  oneOf: [
    object({
      type: { type: 'string', const: 'credentials' },
      username: nullable(text(1024)),
      secret: text(4096),
      save: bool,
    }),
    object({ type: { type: 'string', const: 'accept' } }),
    object({ type: { type: 'string', const: 'choose' }, index: { type: 'integer', minimum: 0, maximum: 9999 } }),
    object({ type: { type: 'string', const: 'cancel' } }),
  ],
};

/** 1 MiB of content, as base64. */
const contentBase64: Schema = {
  type: 'string',
  maxLength: Math.ceil((1024 * 1024) / 3) * 4,
  pattern: '^[A-Za-z0-9+/]*={0,2}$',
};

/**
 * Only the frame of a profile is checked here: that it is an object and has a name. Its keys and values are checked by
 * the profile's own schema in the service, which every other way in (files, import) passes as well.
 */
const profile: Schema = {
  type: 'object',
  properties: { name, server: { type: 'string', maxLength: 1024 } },
  required: ['name', 'server'],
};

/** What each request's argument must look like. A request of the contract without an entry here does not compile. */
export const requestSchemas: { readonly [K in keyof ApiRequests]: Schema } = {
  getSnapshot: none,
  connect: object({ name }),
  disconnect: object({ name }),
  cancelRedial: object({ name }),
  liftKillSwitch: none,
  answerPrompt: object({ id: name, answer }),
  saveProfile: object({ profile, previousName: nullable(name) }),
  removeProfile: object({ name }),
  forgetSecrets: object({ name }),
  inspectImport: object({ fileName: text(1024), contentBase64 }),
  commitImport: object({ token: name, name }),
  exportProfile: object({ name, format: { type: 'string', minLength: 1, maxLength: 64 } }),
  diagnose: object({ name }),
  stopDiagnosis: object({ name }),
  dismissImport: object({ token: name }),
  connectWireless: object({ id: name, automatically: nullable(bool) }),
  disconnectWireless: object({ adapter: name }),
  setStartAtLogin: object({ enabled: bool }),
  listClientCertificates: object({ module: nullable({ type: 'string', minLength: 1, maxLength: 4096 }) }),
  inspectCertificates: object({ contentBase64 }),
  refreshAdapters: none,
  setDemoAdapter: object({ name, plugged: bool }),
  watchRoundTrips: object({ names: { type: 'array', items: name, maxItems: 64 } }),
  setVisible: object({ visible: bool }),
};
