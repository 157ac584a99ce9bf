/**
 * What the service refuses and why; keys of `failure.*` in the catalogue. English, because the command line and the log
 * say it too.
 */
export const failureTexts = {
  'failure.answered': 'This question was answered or withdrawn already.',
  'failure.answer-misfit': 'This answer does not fit the question.',
  'failure.no-choice': 'There is no such choice.',
  'failure.export-format': 'This format is not known. Known: {known}.',
  'failure.not-exportable': '{problem}',
  'failure.import-empty': 'There is no connection in this file.',
  'failure.import-gone': 'This import is no longer waiting. Choose the file again.',
  'failure.connected-already': '{name} is connected or connecting already.',
  'failure.demo-fixed': 'The demo connection cannot be changed. Make a new one.',
  'failure.change-disconnect-first': 'Disconnect before changing this connection.',
  'failure.name-taken': 'Another connection has this name.',
  'failure.profile-wrong': '{key} {problem}.',
  'failure.demo-belongs': 'The demo connection belongs to the program.',
  'failure.remove-disconnect-first': 'Disconnect before removing this connection.',
  'failure.not-unblocked': 'Traffic is still blocked. {problem}',
  'failure.unblock-first': 'Traffic is blocked by the kill switch of this connection. Unblock it first.',
  'failure.demo-name': 'The demo connection has this name. Choose another one.',
  'failure.diagnosed-already': '{name} is being diagnosed already.',
  'failure.changing': '{name} is connecting or disconnecting. Wait, or disconnect first.',
  'failure.missing-component': '{problem}',
  'failure.no-certificate': 'There is no certificate in this file that can be read.',
  'failure.no-network-manager': 'There is no NetworkManager here.',
  'failure.no-wireless-network': 'This wireless network is no longer there, or cannot be joined from here.',
  'failure.wireless-refused': 'NetworkManager refused: {problem}.',
  'failure.no-start-at-login': 'This program cannot be started at login from here.',
  'failure.no-demo': 'There is no demo here.',
  'failure.no-demo-adapter': 'There is no such demo adapter.',
  'failure.connection-gone': 'This connection no longer exists.',
  'failure.argument': '{field} {problem}.',
  'failure.no-service': 'The Agile VPN service is not there.',
  'failure.unexpected': 'Something unexpected went wrong in the service.',
} as const;

export type FailureKey = keyof typeof failureTexts;
