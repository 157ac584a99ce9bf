/*
 * A PKCS#11 module with one reader that can be plugged in: it is there while FLAG_FILE is. As the specification has it
 * (PKCS #11 v2.40, C_GetSlotList), the set of slots changes only when the list is asked for without a buffer.
 */
#include <string.h>
#include <unistd.h>

typedef unsigned long Ulong;
struct TokenInfo {
  unsigned char label[32], manufacturer[32], model[16], serial[16];
  Ulong flags, numbers[10];
  unsigned char versions[4], time[16];
};

static int plugged;

static Ulong initialize(void* arguments) {
  (void)arguments;
  return 0;
}

static Ulong get_slot_list(unsigned char present, Ulong* slots, Ulong* count) {
  (void)present;
  if (slots == NULL)
    plugged = access(FLAG_FILE, F_OK) == 0;
  else if (*count < (Ulong)plugged)
    return 0x150; /* CKR_BUFFER_TOO_SMALL */
  else if (plugged)
    slots[0] = 7;
  *count = (Ulong)plugged;
  return 0;
}

static Ulong get_token_info(Ulong slot, struct TokenInfo* info) {
  if (slot != 7 || !plugged) return 0x3; /* CKR_SLOT_ID_INVALID */
  memset(info, 0, sizeof *info);
  memset(info->label, ' ', sizeof info->label + sizeof info->manufacturer + sizeof info->model + sizeof info->serial);
  memcpy(info->label, "late", 4);
  info->flags = 0x400; /* CKF_TOKEN_INITIALIZED */
  return 0;
}

static struct {
  unsigned char version[2];
  void* functions[68];
} list;

Ulong C_GetFunctionList(void** given) {
  list.version[0] = 2;
  list.version[1] = 40;
  list.functions[0] = (void*)initialize;
  list.functions[4] = (void*)get_slot_list;
  list.functions[6] = (void*)get_token_info;
  *given = &list;
  return 0;
}
