// Packages of the app: `npm run dist`. What is in them and how they are locked; src-main/electron/packaging.test.ts
// checks this file.
const helper = 'native/build/Release/agile-vpn-helper';

/**
 * Where each file of the privileged part goes in the .deb; root owns all of them
 * (src-main/system/linux/helper-client.ts looks there).
 */
const installed = [
  `${helper}=/usr/libexec/agile-vpn-helper`,
  'assets/polkit/org.agilevpn.helper.policy=/usr/share/polkit-1/actions/org.agilevpn.helper.policy',
  'assets/systemd/agile-vpn-helper.socket=/usr/lib/systemd/system/agile-vpn-helper.socket',
  'assets/systemd/agile-vpn-helper@.service=/usr/lib/systemd/system/agile-vpn-helper@.service',
  'assets/network/NetworkManager-agile-vpn.conf=/usr/lib/NetworkManager/conf.d/agile-vpn.conf',
  'assets/network/70-agile-vpn.network=/usr/lib/systemd/network/70-agile-vpn.network',
];

/** @type {import('electron-builder').Configuration} */
export default {
  appId: 'org.agilevpn.AgileVPN',
  productName: 'Agile VPN',
  copyright: 'MIT',
  directories: { output: 'dist', buildResources: 'assets' },
  // The page is bundled; the main process brings its production packages along. Maps and sources of others are of no
  // use to it.
  files: [
    'out/main/**',
    'out/preload/**',
    'out/renderer/**',
    'assets/tray/*.png',
    'assets/icons/*.png',
    'native/build/Release/agile_vpn.node',
    'package.json',
    '!**/*.map',
    '!out/test/**',
  ],
  asar: true,
  // A shared object cannot be loaded from inside of an archive.
  asarUnpack: ['native/build/Release/agile_vpn.node'],
  // The AppImage has no place of its own for privileged files: the helper lies beside the app for whoever installs it
  // by hand.
  extraResources: [
    { from: helper, to: 'agile-vpn-helper' },
    { from: 'assets/polkit', to: 'polkit' },
    { from: 'assets/systemd', to: 'systemd' },
  ],
  // The native part is built by native/build.mjs against Node-API, which Electron has as well.
  npmRebuild: false,
  nodeGypRebuild: false,
  buildDependenciesFromSource: false,
  electronFuses: {
    runAsNode: false,
    enableCookieEncryption: true,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    loadBrowserProcessSpecificV8Snapshot: false,
    grantFileProtocolExtraPrivileges: false,
  },
  protocols: [{ name: 'Agile VPN connection', schemes: ['agilevpn'] }],
  fileAssociations: [
    {
      ext: 'agilevpn.json',
      name: 'Agile VPN connection',
      description: 'Agile VPN connection',
      mimeType: 'application/vnd.agilevpn.profile+json',
      role: 'Viewer',
    },
  ],
  linux: {
    target: ['deb', 'AppImage'],
    executableName: 'agile-vpn-desktop',
    category: 'Network',
    icon: 'assets/icons',
    synopsis: 'IKEv2 VPN that survives the loss of a network adapter',
    maintainer: 'Agile VPN',
    desktop: {
      entry: {
        Name: 'Agile VPN',
        Comment: 'IKEv2 VPN that survives the loss of a network adapter',
        Keywords: 'VPN;IKEv2;IPsec;MOBIKE;',
        StartupNotify: 'true',
      },
    },
  },
  deb: {
    depends: [
      'libgtk-3-0',
      'libnotify4',
      'libnss3',
      'libxss1',
      'libxtst6',
      'xdg-utils',
      'libatspi2.0-0',
      'libuuid1',
      'libsecret-1-0',
      'libnftables1',
      'libsystemd0',
      'polkitd | policykit-1',
    ],
    fpm: installed,
  },
  publish: null,
};
