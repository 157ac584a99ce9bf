// Unit tests of native code without Node: testing/sanitizers.test.ts builds and runs them with the sanitizers.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
