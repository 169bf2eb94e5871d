/* What libmodbus reads from, and writes to, the table of foreign.test.ts: one line for each, as text. */
#include <errno.h>
#include <modbus.h>
#include <stdio.h>
#include <stdlib.h>

static void check(const char *what, int result) {
  if (result >= 0) return;
  printf("%s: %s\n", what, modbus_strerror(errno));
  exit(1);
}

int main(int count, char **arguments) {
  modbus_t *link = modbus_new_tcp("127.0.0.1", count > 1 ? atoi(arguments[1]) : 0);
  uint16_t words[125];
  uint8_t bits[2000];
  modbus_set_slave(link, 1);
  check("connect", modbus_connect(link));

  check("floats", modbus_read_registers(link, 0, 8, words));
  printf("float32 %g %g %g %g\n", modbus_get_float_abcd(words), modbus_get_float_badc(words + 2), modbus_get_float_cdab(words + 4),
         modbus_get_float_dcba(words + 6));
  check("integers", modbus_read_input_registers(link, 0, 7, words));
  printf("int16 %d int32 %d int64 %lld\n", (int16_t)words[0], (int32_t)MODBUS_GET_INT32_FROM_INT16(words, 1),
         (long long)MODBUS_GET_INT64_FROM_INT16(words, 3));
  check("coils", modbus_read_bits(link, 0, 2, bits));
  printf("coils %d %d", bits[0], bits[1]);
  check("discrete", modbus_read_input_bits(link, 0, 2, bits));
  printf(" discrete %d %d\n", bits[0], bits[1]);

  /* -12.5, low register first; the library's own modbus_set_float_cdab swaps the bytes as well (3.1.6). */
  words[0] = 0;
  words[1] = 0xc148;
  check("write 16", modbus_write_registers(link, 20, 2, words));
  check("write 6", modbus_write_register(link, 22, 7));
  check("write 22", modbus_mask_write_register(link, 22, 0xfff0, 0x0009));
  check("write 5", modbus_write_bit(link, 1, 1));
  bits[0] = 0;
  check("write 15", modbus_write_bits(link, 1, 1, bits));
  words[0] = 99;
  check("write 23", modbus_write_and_read_registers(link, 22, 1, words, 20, 3, words));
  printf("read back %g %d\n", modbus_get_float_cdab(words), words[2]);

  printf("refused %d", modbus_read_registers(link, 1000, 1, words));
  printf(" %s\n", errno == EMBXILADD ? "address" : modbus_strerror(errno));
  modbus_set_slave(link, 9);
  printf("other unit %d", modbus_read_registers(link, 0, 1, words));
  printf(" %s\n", errno == EMBXGTAR ? "target" : modbus_strerror(errno));
  modbus_close(link);
  modbus_free(link);
  return 0;
}
