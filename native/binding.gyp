{
  # Paths are relative to this folder. `node native/build.mjs` drives it and says which packages are missing.
  "variables": {
    "node_addon_api": "<!(node -p \"require.resolve('node-addon-api/package.json').slice(0, -13)\")",
    "has_data_path": "<!(node -p \"Number(require('fs').existsSync('addon/datapath/init.h'))\")",
  },
  "target_defaults": {
    "cflags_cc!": ["-std=gnu++17", "-std=gnu++20", "-fno-exceptions", "-fno-rtti"],
    "cflags_cc": ["-std=c++17", "-fexceptions"],
    "cflags": ["-Wall", "-Wextra", "-fvisibility=hidden", "-ffunction-sections", "-fstack-protector-strong"],
    "ldflags": ["-Wl,-z,relro,-z,now", "-Wl,--gc-sections"],
  },
  "targets": [
    {
      "target_name": "agile_vpn",
      "include_dirs": ["<(node_addon_api)", "addon"],
      # N-API only: one binary loads in every Node >= 20 and in Electron. Electron's memory cage forbids external buffers.
      "defines": ["NAPI_VERSION=8", "NAPI_CPP_EXCEPTIONS", "NODE_API_NO_EXTERNAL_BUFFERS_ALLOWED", "_GNU_SOURCE"],
      "sources": ["<!@(node -p \"require('fs').readdirSync('addon').filter((f) => f.endsWith('.cc')).map((f) => 'addon/' + f).join(' ')\")", "netlink/socket.cc", "netlink/routes.cc"],
      # Only the module's entry points leave the addon: its libraries must not meet those of Node or Electron.
      "ldflags": ["-Wl,--version-script=<(module_root_dir)/addon/exports.map", "-Wl,-Bsymbolic", "-Wl,--exclude-libs,ALL"],
      "conditions": [
        ["has_data_path==1", {
          "defines": ["AGILE_VPN_DATA_PATH"],
          "sources": ["<!@(node -p \"require('fs').existsSync('addon/datapath') ? require('fs').readdirSync('addon/datapath').filter((f) => f.endsWith('.cc')).map((f) => 'addon/datapath/' + f).join(' ') : ''\")"],
        }],
      ],
    },
  ],
}
