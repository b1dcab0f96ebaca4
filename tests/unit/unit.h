/* unit.h: a CUnit program in one line: UNIT_MAIN("room", {"what it checks", test_function}, ...). Ends with one line
 * "room: N passed, N failed" and a nonzero status when any assertion failed or the registry could not run. */
#ifndef ECON_UNIT_H
#define ECON_UNIT_H
#include <CUnit/Basic.h>
#include <stdio.h>
#define UNIT_MAIN(room, ...) \
  int main(void) { \
    CU_TestInfo tests[] = {__VA_ARGS__, CU_TEST_INFO_NULL}; \
    CU_SuiteInfo suites[] = {{room, NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL}; \
    if (CU_initialize_registry() || CU_register_suites(suites)) return 2; \
    CU_basic_set_mode(CU_BRM_NORMAL); \
    CU_basic_run_tests(); \
    unsigned failed = CU_get_number_of_tests_failed() + CU_get_number_of_suites_failed(), run = CU_get_number_of_tests_run(); \
    unsigned bad = CU_get_number_of_failures(); \
    CU_cleanup_registry(); \
    printf(room ": %u passed, %u failed\n", run - failed, failed); \
    return failed || bad || !run; \
  }
#endif
