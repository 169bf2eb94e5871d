/*
 * A Modbus server and codec made of libmodbus, for tests and benches: server tcp PORT | server rtu DEVICE UNIT.
 * It prints "ready" and then answers commands of standard input, one a line:
 *   count              → requests that read, requests that wrote, connections taken
 *   silent UNIT        requests to this unit get no answer (0: to none)
 *   floats GENERATION  each pair of holding registers A, A+1 (A even) holds the float32 A + 65536 · (GENERATION mod 256), ABCD
 *   stamps             from now on each pair of registers read holds how many reads of this unit came so far (16 bits), and A
 *   get TYPE ORDER ADDRESS LENGTH   → what stands there, as text
 *   put TYPE ORDER ADDRESS VALUE    → how many registers it took
 *   coil ADDRESS       → 0 or 1
 *   words ADDRESS N    → N registers in hex
 */
#include <errno.h>
#include <inttypes.h>
#include <modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

static modbus_mapping_t *map;
static long reads, writes, connections;
static int silent, stamps;
static uint16_t served[256];

static void floats(int generation) {
  for (int a = 0; a < 65536; a += 2) {
    float value = (float)(a + 65536 * (generation & 255));
    uint32_t raw;
    memcpy(&raw, &value, 4);
    map->tab_registers[a] = raw >> 16;
    map->tab_registers[a + 1] = raw & 0xffff;
  }
}

/* Most significant byte first, from registers in the given order, and back. */
static void toBytes(const char *order, const uint16_t *words, int count, unsigned char *bytes) {
  int swapBytes = order[0] == 'B' || order[0] == 'D', swapWords = order[0] == 'C' || order[0] == 'D';
  for (int i = 0; i < count; i++) {
    uint16_t word = words[swapWords ? count - 1 - i : i];
    bytes[2 * i] = swapBytes ? word & 255 : word >> 8;
    bytes[2 * i + 1] = swapBytes ? word >> 8 : word & 255;
  }
}
static void toWords(const char *order, const unsigned char *bytes, int count, uint16_t *words) {
  int swapBytes = order[0] == 'B' || order[0] == 'D', swapWords = order[0] == 'C' || order[0] == 'D';
  for (int i = 0; i < count; i++) {
    int high = bytes[2 * i + swapBytes], low = bytes[2 * i + 1 - swapBytes];
    words[swapWords ? count - 1 - i : i] = (uint16_t)(high << 8 | low);
  }
}
static uint64_t bigEndian(const unsigned char *bytes, int count) {
  uint64_t value = 0;
  for (int i = 0; i < count; i++) value = value << 8 | bytes[i];
  return value;
}
static int is(const char *a, const char *b) { return strcmp(a, b) == 0; }
static int bitsOf(const char *type) { return atoi(type + strcspn(type, "0123456789")); }

static void get(const char *type, const char *order, int address, int length) {
  uint16_t *words = &map->tab_registers[address];
  unsigned char bytes[256];
  /* libmodbus' own functions where it has one. */
  if (is(type, "float32")) {
    float (*of)(const uint16_t *) = is(order, "ABCD")   ? modbus_get_float_abcd
                                    : is(order, "BADC") ? modbus_get_float_badc
                                    : is(order, "CDAB") ? modbus_get_float_cdab
                                                        : modbus_get_float_dcba;
    printf("%.9g\n", of(words));
    return;
  }
  if (is(type, "int32") && is(order, "ABCD")) {
    printf("%" PRId32 "\n", (int32_t)MODBUS_GET_INT32_FROM_INT16(words, 0));
    return;
  }
  if (is(type, "int64") && is(order, "ABCD")) {
    printf("%" PRId64 "\n", (int64_t)MODBUS_GET_INT64_FROM_INT16(words, 0));
    return;
  }
  if (is(type, "string")) {
    toBytes(order, words, (length + 1) / 2, bytes);
    printf("%.*s\n", length, bytes);
    return;
  }
  int bits = bitsOf(type);
  /* An 8-bit value is the low byte of its register, or the high one where bytes are swapped. */
  toBytes(order, words, bits < 16 ? 1 : bits / 16, bytes);
  uint64_t raw = bits == 8 ? bytes[1] : bigEndian(bytes, bits / 8);
  if (is(type, "float64")) {
    double value;
    memcpy(&value, &raw, 8);
    printf("%.17g\n", value);
  } else if (is(type, "float16")) {
    uint16_t half = (uint16_t)raw;
    _Float16 value;
    memcpy(&value, &half, 2);
    printf("%.17g\n", (double)value);
  } else if (type[0] == 'b') printf("%" PRIx64 "\n", raw);
  else if (type[0] == 'u') printf("%" PRIu64 "\n", raw);
  else printf("%" PRId64 "\n", (int64_t)(raw << (64 - bits)) >> (64 - bits));
}

static void put(const char *type, const char *order, int address, const char *text) {
  uint16_t *words = &map->tab_registers[address];
  unsigned char bytes[256] = {0};
  if (is(type, "int32") && is(order, "ABCD")) {
    int32_t value = (int32_t)strtol(text, NULL, 10);
    MODBUS_SET_INT32_TO_INT16(words, 0, value);
    printf("2\n");
    return;
  }
  if (is(type, "int64") && is(order, "ABCD")) {
    int64_t value = strtoll(text, NULL, 10);
    MODBUS_SET_INT64_TO_INT16(words, 0, value);
    printf("4\n");
    return;
  }
  if (is(type, "string")) {
    int count = (int)(strlen(text) + 1) / 2;
    memcpy(bytes, text, strlen(text));
    toWords(order, bytes, count, words);
    printf("%d\n", count);
    return;
  }
  int bits = bitsOf(type);
  uint64_t raw;
  /* Not modbus_set_float_…: those of libmodbus 3.1.6 swap the bytes, so that its own modbus_get_float_… read another value. */
  if (is(type, "float32")) {
    float value = strtof(text, NULL);
    uint32_t single;
    memcpy(&single, &value, 4);
    raw = single;
  } else if (is(type, "float64")) {
    double value = strtod(text, NULL);
    memcpy(&raw, &value, 8);
  } else if (is(type, "float16")) {
    _Float16 value = (_Float16)strtod(text, NULL);
    uint16_t half;
    memcpy(&half, &value, 2);
    raw = half;
  } else if (type[0] == 'b') raw = strtoull(text, NULL, 16);
  else if (type[0] == 'u') raw = strtoull(text, NULL, 10);
  else raw = (uint64_t)strtoll(text, NULL, 10);
  /* The other byte of an 8-bit value's register is somebody else's: 0xA5. */
  if (bits == 8) bytes[0] = 0xA5, bytes[1] = raw & 255;
  else
    for (int i = 0; i < bits / 8; i++) bytes[i] = raw >> (bits - 8 - 8 * i) & 255;
  int count = bits < 16 ? 1 : bits / 16;
  toWords(order, bytes, count, words);
  printf("%d\n", count);
}

static void command(char *line) {
  char name[16], type[16], order[8], text[200];
  int a = 0, b = 0;
  if (sscanf(line, "%15s", name) != 1) return;
  if (is(name, "count")) printf("%ld %ld %ld\n", reads, writes, connections);
  else if (is(name, "silent") && sscanf(line, "%*s %d", &silent) == 1) printf("ok\n");
  else if (is(name, "floats") && sscanf(line, "%*s %d", &a) == 1) floats(a), printf("ok\n");
  else if (is(name, "stamps")) stamps = 1, printf("ok\n");
  else if (is(name, "get") && sscanf(line, "%*s %15s %7s %d %d", type, order, &a, &b) == 4) get(type, order, a, b);
  else if (is(name, "put") && sscanf(line, "%*s %15s %7s %d %199[^\n]", type, order, &a, text) == 4) put(type, order, a, text);
  else if (is(name, "coil") && sscanf(line, "%*s %d", &a) == 1) printf("%d\n", map->tab_bits[a]);
  else if (is(name, "words") && sscanf(line, "%*s %d %d", &a, &b) == 2) {
    for (int i = 0; i < b; i++) printf("%04x%s", map->tab_registers[a + i], i == b - 1 ? "\n" : " ");
  } else printf("unknown command\n");
  fflush(stdout);
}

/* Whole lines of standard input; 0 at its end. */
static int commands(void) {
  static char buffer[4096];
  static size_t filled;
  ssize_t got = read(0, buffer + filled, sizeof buffer - 1 - filled);
  if (got <= 0) return 0;
  filled += (size_t)got;
  buffer[filled] = 0;
  for (char *end; (end = strchr(buffer, '\n')) != NULL;) {
    *end = 0;
    command(buffer);
    filled -= (size_t)(end + 1 - buffer);
    memmove(buffer, end + 1, filled + 1);
  }
  return 1;
}

/* -1: the connection ended. */
static int serve(modbus_t *ctx) {
  uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
  int got = modbus_receive(ctx, query);
  if (got == 0) return 0;
  if (got < 0) return errno == EMBBADCRC || errno == ETIMEDOUT ? 0 : -1;
  int header = modbus_get_header_length(ctx);
  int unit = query[header - 1], function = query[header];
  /* The loop-back test, which libmodbus does not know: it would read a part of it, sleep half a second and throw away what came meanwhile. */
  if (function == 8 && header == 7 && got == 8) {
    int fd = modbus_get_socket(ctx);
    if (recv(fd, query + got, 4, MSG_WAITALL) != 4) return -1;
    return send(fd, query, 12, MSG_NOSIGNAL) == 12 ? 0 : -1;
  }
  if (function <= 4) reads++;
  else writes++;
  if (silent != 0 && unit == silent) return 0;
  if (stamps && (function == 3 || function == 4)) {
    uint16_t *words = function == 3 ? map->tab_registers : map->tab_input_registers;
    int address = query[header + 1] << 8 | query[header + 2], count = query[header + 3] << 8 | query[header + 4];
    uint16_t stamp = ++served[unit];
    for (int a = address; a < address + count && a < 65536; a++) words[a] = a % 2 == 0 ? stamp : (uint16_t)(a - 1);
  }
  return modbus_reply(ctx, query, got, map) < 0 ? -1 : 0;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  int tcp = is(argv[1], "tcp");
  modbus_t *ctx = tcp ? modbus_new_tcp("127.0.0.1", atoi(argv[2])) : modbus_new_rtu(argv[2], 115200, 'N', 8, 1);
  map = modbus_mapping_new(65536, 65536, 65536, 65536);
  for (int a = 0; a < 65536; a++) map->tab_input_registers[a] = (uint16_t)a, map->tab_input_bits[a] = a % 3 == 0;
  int listening = -1;
  if (tcp) listening = modbus_tcp_listen(ctx, 16);
  else modbus_set_slave(ctx, argc > 3 ? atoi(argv[3]) : 1), listening = modbus_connect(ctx) == 0 ? modbus_get_socket(ctx) : -1;
  if (listening < 0) {
    fprintf(stderr, "%s\n", modbus_strerror(errno));
    return 1;
  }
  printf("ready\n");
  fflush(stdout);
  fd_set all;
  FD_ZERO(&all);
  FD_SET(0, &all);
  FD_SET(listening, &all);
  for (;;) {
    fd_set ready = all;
    if (select(FD_SETSIZE, &ready, NULL, NULL, NULL) < 0) return 1;
    for (int fd = 0; fd < FD_SETSIZE; fd++) {
      if (!FD_ISSET(fd, &ready)) continue;
      if (fd == 0) {
        if (!commands()) return 0;
      } else if (fd == listening && tcp) {
        int accepted = listening;
        if (modbus_tcp_accept(ctx, &accepted) < 0) continue;
        /* It wrote the new socket into the context, and left ours alone. */
        FD_SET(modbus_get_socket(ctx), &all);
        connections++;
      } else {
        if (tcp) modbus_set_socket(ctx, fd);
        if (serve(ctx) == 0 || !tcp) continue;
        close(fd);
        FD_CLR(fd, &all);
      }
    }
  }
}
