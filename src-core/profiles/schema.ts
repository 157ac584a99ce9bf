import type { ErrorObject } from 'ajv';
import schema from '../../assets/schema/agilevpn-profile.schema.json';
import { validate } from './schema-validator';

/** The shipped schema is what the code validates with; this file only reads it. */

interface SchemaNode {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly anyOf?: readonly SchemaNode[];
  readonly $ref?: string;
}

const definitions = schema.definitions as Readonly<Record<string, SchemaNode>>;
const root = schema as unknown as SchemaNode;

export type JsonObject = Readonly<Record<string, unknown>>;

/** An object as JSON makes them: no list, no octets, no date. */
export function isJsonObject(value: unknown): value is JsonObject {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function resolve(node: SchemaNode): SchemaNode {
  return node.$ref === undefined ? node : (definitions[node.$ref.replace('#/definitions/', '')] ?? node);
}

function propertyOf(node: SchemaNode, key: string): SchemaNode | null {
  return node.properties !== undefined && Object.hasOwn(node.properties, key)
    ? resolve(node.properties[key] as SchemaNode)
    : null;
}

/** A copy without the keys that the schema does not know; their paths go to `unknown`. */
export function withoutUnknownKeys(value: JsonObject, unknown: string[], path = '', node = root): JsonObject {
  const kept: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [key, content] of Object.entries(value)) {
    const child = propertyOf(node, key);
    const at = path === '' ? key : `${path}.${key}`;
    if (child === null) unknown.push(at);
    else kept[key] = isJsonObject(content) ? withoutUnknownKeys(content, unknown, at, objectOf(child)) : content;
  }
  return kept;
}

/** The branch of a schema that is an object. */
function objectOf(node: SchemaNode): SchemaNode {
  return node.anyOf?.map(resolve).find(({ type }) => type === 'object') ?? node;
}

export interface SchemaProblem {
  /** "mobility.outageSeconds", "network.routes[2]" */
  readonly path: string;
  readonly missing: boolean;
  /** What would be right. */
  readonly allowed: string;
}

/** What is wrong with a value, one problem a place. Never repeats the value. */
export function schemaProblems(value: unknown): readonly SchemaProblem[] {
  if (validate(value)) return [];
  const problems = new Map<string, SchemaProblem>();
  for (const error of validate.errors ?? []) {
    const missing = error.keyword === 'required';
    const path = pathOf(error, missing);
    // Errors inside of alternatives come before the one of the alternative itself, at the same or a deeper place.
    if (!problems.has(path)) problems.set(path, { path, missing, allowed: allowedAt(path) });
  }
  return [...problems.values()];
}

function pathOf(error: ErrorObject, missing: boolean): string {
  const steps = error.instancePath
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (missing) steps.push(String((error.params as { missingProperty: string }).missingProperty));
  return steps.reduce(
    (path, step) => (/^[0-9]+$/.test(step) ? `${path}[${step}]` : path === '' ? step : `${path}.${step}`),
    '',
  );
}

/** The description of the key, without its indices. */
function allowedAt(path: string): string {
  let node: SchemaNode | null = root;
  for (const key of path
    .replaceAll(/\[[0-9]+\]/g, '')
    .split('.')
    .filter((step) => step !== ''))
    node = node === null ? null : propertyOf(objectOf(node), key);
  return node?.description ?? root.description ?? '';
}

/** The value of the schema's `default`s for every key that has one, objects included. */
export function schemaDefaults(node: SchemaNode = root): JsonObject {
  const defaults: Record<string, unknown> = {};
  for (const [key, declared] of Object.entries(node.properties ?? {})) {
    const child = resolve(declared);
    if (child.properties !== undefined) defaults[key] = schemaDefaults(child);
    else if ('default' in child) defaults[key] = structuredClone(child.default);
  }
  return defaults;
}
