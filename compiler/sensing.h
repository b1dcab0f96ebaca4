/* sensing.h: derivatives of reported values with respect to parameters, at solutions (statistic.h: sensitivity, elasticity). */
#ifndef ECON_SENSING_H
#define ECON_SENSING_H
typedef struct Sensing Sensing;
void sensing_free(Sensing *);                           /* NULL is fine */
#endif
