#include <doctest/doctest.h>

#include "helper/settings.h"
#include "packets.h"

using namespace agile::helper;
using namespace agile::testing;
using nlohmann::json;

namespace {

const json kGood = json::parse(R"({
  "tunnelName": "avpn0",
  "owner": "00112233445566778899aabbccddeeff",
  "mtu": 1400,
  "addresses": ["10.77.0.1/32", "fd77::1/128"],
  "routes": ["0.0.0.0/0", "10.0.0.0/8", "::/0"],
  "excluded": ["10.1.0.0/16"],
  "ipv6": "block",
  "dns": {"servers": ["10.99.0.53"], "searchDomains": ["corp.test"], "splitDomains": ["a.b"]},
  "killSwitch": {"endpoints": [{"address": "10.10.0.1", "port": 4500}], "allowLan": false}
})");

/// Every place of the settings, one after the other.
void EachPlace(const json& value, const json::json_pointer& at,
               const std::function<void(const json::json_pointer&)>& visit) {
  visit(at);
  if (value.is_object())
    for (const auto& item : value.items()) EachPlace(item.value(), at / item.key(), visit);
  if (value.is_array())
    for (size_t i = 0; i < value.size(); i++) EachPlace(value[i], at / i, visit);
}

}  // namespace

TEST_CASE("settings are taken or refused by a field's name, whatever stands at any place of them") {
  CHECK(ParseSettings(kGood, "settings").routes.size() == 3);
  const json values[] = {nullptr,
                         true,
                         -1,
                         0,
                         1.5,
                         1e300,
                         UINT64_MAX,
                         "",
                         "x",
                         "0/0",
                         "/",
                         "1.2.3.4/",
                         "::",
                         "a..b",
                         std::string(70000, 'a'),
                         json::array(),
                         json::object(),
                         json::array({nullptr}),
                         json{{"x", 1}},
                         "10.0.0.0/999999999999",
                         "avpn999999999999"};
  size_t refused = 0;
  EachPlace(kGood, json::json_pointer(""), [&](const json::json_pointer& at) {
    for (const json& value : values) {
      json changed = kGood;
      changed[at] = value;
      try {
        ParseSettings(changed, "settings");
      } catch (const InvalidRequest& error) {
        refused++;
        CHECK_FALSE(error.field.empty());
        CHECK(error.field.size() < 200);
      }
    }
  });
  CHECK(refused > 100);
}

TEST_CASE("no text of a request does more than be refused") {
  Chance chance(8);
  const std::string good = kGood.dump();
  for (int count = 0; count < 3000; count++) {
    std::string text = good;
    for (uint32_t change = 1 + chance.below(3); change > 0; change--)
      text[chance.below(static_cast<uint32_t>(text.size()))] = static_cast<char>(chance.octet());
    const json value = json::parse(text, nullptr, false);
    try {
      if (!value.is_discarded()) ParseSettings(value, "settings");
    } catch (const InvalidRequest& error) {
      CHECK_FALSE(error.field.empty());
    }
  }
}
