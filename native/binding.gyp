{
  # Paths are relative to this folder. `node native/build.mjs` drives it and says which packages are missing.
  "variables": {
    "node_addon_api": "<!(node -p \"require.resolve('node-addon-api/package.json').slice(0, -13)\")",
    # Debian: libnftables-dev, libsystemd-dev, nlohmann-json3-dev. Without them the addon is built alone.
    "has_helper": "<!(node -p \"Number(['libnftables','libsystemd'].every((p) => require('child_process').spawnSync('pkg-config', ['--exists', p]).status === 0) && require('fs').existsSync('/usr/include/nlohmann/json.hpp'))\")",
    # `node native/build.mjs --sanitizers`
    "sanitizers%": 0,
    "has_data_path": "<!(node -p \"Number(require('fs').existsSync('addon/datapath/init.h'))\")",
  },
  "target_defaults": {
    "cflags_cc!": ["-std=gnu++17", "-std=gnu++20", "-fno-exceptions", "-fno-rtti"],
    "cflags_cc": ["-std=c++17", "-fexceptions"],
    "cflags": ["-Wall", "-Wextra", "-fvisibility=hidden", "-ffunction-sections", "-fstack-protector-strong"],
    "ldflags": ["-Wl,-z,relro,-z,now", "-Wl,--gc-sections"],
    "configurations": {
      # For testing/sanitize.mjs: address and undefined behaviour in one, threads in the other. The first finding ends the program.
      "Address": {
        "cflags": ["-O1", "-g1", "-fno-omit-frame-pointer", "-U_FORTIFY_SOURCE", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
        "ldflags": ["-fsanitize=address,undefined"],
      },
      "Thread": {
        "cflags": ["-O1", "-g1", "-fno-omit-frame-pointer", "-U_FORTIFY_SOURCE", "-fsanitize=thread"],
        "ldflags": ["-fsanitize=thread"],
      },
    },
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
          # Node's headers include those of another OpenSSL: only its N-API ones are taken, beside those of the OpenSSL that is linked.
          "include_dirs": ["<!(node openssl.mjs include <(node_root_dir))"],
          "include_dirs!": ["<(node_root_dir)/include/node", "<(node_root_dir)/deps/openssl/config", "<(node_root_dir)/deps/openssl/openssl/include"],
          "libraries": ["<!@(node openssl.mjs libs)"],
          "sources": ["<!@(node -p \"['addon/datapath', 'addon/tls'].flatMap((d) => require('fs').existsSync(d) ? require('fs').readdirSync(d).filter((f) => f.endsWith('.cc')).map((f) => d + '/' + f) : []).join(' ')\")"],
        }],
      ],
    },
  ],
  "conditions": [
    ["has_helper==1", {
      "targets": [
        {
          "target_name": "agile-vpn-helper",
          "type": "executable",
          "cflags_cc!": ["-std=c++17"],
          "cflags_cc": ["-std=c++20", "-frtti"],
          "cflags": ["-fPIE"],
          "ldflags": ["-pie"],
          "defines": ["_GNU_SOURCE", "_FORTIFY_SOURCE=2"],
          # Nothing of Node belongs into it.
          "include_dirs!": [],
          "sources": [
            "helper/main.cc", "helper/session.cc", "helper/settings.cc", "helper/reconciler.cc", "helper/tunnel.cc", "helper/routing.cc",
            "helper/firewall.cc", "helper/kill_switch.cc", "helper/sockets.cc", "helper/dns.cc", "helper/dns_resolved.cc", "helper/watch.cc", "helper/privilege.cc",
            "netlink/socket.cc", "netlink/routes.cc",
          ],
          "libraries": ["-lnftables", "-lsystemd"],
        },
      ],
    }],
    ["sanitizers==1", {
      "targets": [
        {
          # Unit tests without Node.
          "target_name": "native-tests",
          "type": "executable",
          "cflags_cc!": ["-std=c++17"],
          "cflags_cc": ["-std=c++20", "-frtti"],
          "defines": ["_GNU_SOURCE"],
          "include_dirs!": [],
          "include_dirs": ["."],
          "sources": [
            "<!@(node -p \"require('fs').readdirSync('testing/units').filter((f) => f.endsWith('.cc')).map((f) => 'testing/units/' + f).join(' ')\")",
            "<!@(node -p \"require('fs').readdirSync('addon/datapath').filter((f) => f.endsWith('.cc') && !f.endsWith('_binding.cc')).map((f) => 'addon/datapath/' + f).join(' ')\")",
            "addon/udp_reader.cc", "addon/udp_socket.cc", "netlink/socket.cc", "netlink/routes.cc", "helper/settings.cc",
          ],
          "libraries": ["<!@(node openssl.mjs libs)"],
        },
      ],
    }],
  ],
}
