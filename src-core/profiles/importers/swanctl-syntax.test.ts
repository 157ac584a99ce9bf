import { describe, expect, test } from 'vitest';
import { ConfView, emptySection, parseConf } from './swanctl-syntax';

const parse = (text: string): ConfView => {
  const root = emptySection();
  expect(parseConf(text, root).ok).toBe(true);
  return ConfView.of(root);
};

describe('the syntax of strongSwan’s configuration files', () => {
  test('sections, values, comments, on one line and on many', () => {
    const view = parse(`# a comment
connections { # another
  home
  {
    remote_addrs = a.test, b.test   # who
    empty =
    a = 1 } other { b=2 }
}`);
    const connections = view.section('connections');
    expect(connections.sectionNames).toEqual(['home', 'other']);
    expect(connections.section('home').value('remote_addrs')).toBe('a.test, b.test');
    expect(connections.section('home').value('empty')).toBe('');
    expect(connections.section('home').value('a')).toBe('1');
    expect(connections.section('other').value('b')).toBe('2');
  });

  test.each([
    ['x = "a # } b"', 'a # } b'],
    ['x = one   two "three  four"', 'one two three  four'],
    ['x = "line\\nend \\"quoted\\" \\\\"', 'line\nend "quoted" \\'],
    ['x = "a\\\n   b"', 'a   b'],
    ['x = a, \\\n  b', 'a, b'],
    ['x = "over\r\ntwo lines"', 'over\ntwo lines'],
    ['x = "never ends', 'never ends'],
    ['x = 1\nx = 2', '2'],
    ['x = #none', ''],
  ])('%j', (text, value) => {
    expect(parse(text).value('x')).toBe(value);
  });

  test('a section that is there twice is one', () => {
    const view = parse('a { x = 1 }\na { y = 2\n x = 3 }').section('a');
    expect([view.value('x'), view.value('y')]).toEqual(['3', '2']);
  });

  test('what a section inherits: its own first, then its bases in their order, sections within too', () => {
    const view = parse(`
      base { x = base
        y = base
        local { auth = psk } }
      second { y = second
        z = second }
      connections {
        home : base, second {
          x = own
          local { id = me }
        }
        via : connections.home { }
      }`).section('connections');
    for (const name of ['home', 'via']) {
      const home = view.section(name);
      expect([home.value('x'), home.value('y'), home.value('z')]).toEqual(['own', 'base', 'second']);
      expect([home.section('local').value('auth'), home.section('local').value('id')]).toEqual(['psk', 'me']);
    }
  });

  test('sections that inherit from each other end there', () => {
    const view = parse('a : b { x = 1 }\nb : a { y = 2 }\nc : c, nowhere { z = 3 }');
    expect([view.section('a').value('y'), view.section('c').value('z')]).toEqual(['2', '3']);
  });

  test('includes are said, not followed here', () => {
    const root = emptySection();
    const parsed = parseConf('include conf.d/*.conf\nconnections { include "a b.conf" }', root);
    expect(parsed.ok && parsed.includes.map(({ pattern }) => pattern)).toEqual(['conf.d/*.conf', 'a b.conf']);
    expect(parsed.ok && parsed.includes[1]?.into).toBe(root.sections.get('connections'));
    expect(parse('include = 1').value('include')).toBe('1');
  });

  test.each([
    ['a {', 1],
    ['}', 1],
    ['a = 1\n\nb', 3],
    ['x : y z', 1],
    ['= 1', 1],
    ['a {'.repeat(40), 1],
  ])('%j cannot be read, and where is said', (text, line) => {
    expect(parseConf(text, emptySection())).toEqual({ ok: false, line });
  });
});
