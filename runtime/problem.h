/* problem.h: the one header between compiler/ and runtime/. A problem is data: it can be built by hand in C, and knows names
 * but no syntax.
 *
 * UNKNOWNS AND ROWS. One vector x of nx unknowns and one vector F of nx conditions, row i paired with unknown i:
 *     lower_i <= x_i <= upper_i,   x_i = lower_i => F_i >= 0,   x_i = upper_i => F_i <= 0,   in between F_i = 0
 * (mixed complementarity; free unknowns have infinite bounds, a fixed unknown lower = upper and its row is not asked for).
 * Layout: x[0 .. nglobal) the globals (prices, variables, aggregates, slacks); then every block's own unknowns, slot-major:
 *     x[ block.base + slot*lanes + lane ].
 * Sign conventions: the row of a choice is minus the derivative of the agent's Lagrangian; the row of a multiplier is the
 * constraint g (>= 0, or = 0 with a free multiplier; a budget is received - spent); the row of a price is supply - demand.
 *
 * BLOCKS. A block is one kernel over `lanes` lanes: an agent class over its types, or a family of conditions over its binders
 * (then nown = 0). Code size never depends on lanes. Rows of globals are sums: every kernel adds its shares into them. */
#ifndef ECON_PROBLEM_H
#define ECON_PROBLEM_H
#include "arena.h"
#include "status.h"

#define ECON_OPS(X) \
  X(NUM, 0, "R[d] := k") \
  X(IN, 0, "R[d] := in[a]") \
  X(ADD, 2, "R[d] := R[a] + R[b]") \
  X(SUB, 2, "R[d] := R[a] - R[b]") \
  X(MUL, 2, "R[d] := R[a] * R[b]") \
  X(DIV, 2, "R[d] := R[a] / R[b]") \
  X(NEG, 1, "R[d] := -R[a]") \
  X(POW, 2, "R[d] := R[a] ^ R[b]") \
  X(EXP, 1, "R[d] := exp(R[a])") \
  X(LOG, 1, "R[d] := log(R[a])") \
  X(SQRT, 1, "R[d] := sqrt(R[a])") \
  X(ABS, 1, "R[d] := |R[a]|") \
  X(MIN, 2, "R[d] := min(R[a], R[b])") \
  X(MAX, 2, "R[d] := max(R[a], R[b])") \
  X(WEIGH, 2, "R[d] := R[a] = 0 ? 0 : R[a] * R[b]   (a term with zero weight is absent, whatever R[b] is)") \
  X(LESS, 2, "R[d] := R[a] < R[b]") \
  X(LESSEQ, 2, "R[d] := R[a] <= R[b]") \
  X(EQ, 2, "R[d] := R[a] = R[b]") \
  X(SEL, 3, "R[d] := R[a] != 0 ? R[b] : R[c]")
typedef enum {
#define X(k, n, t) OP_##k,
  ECON_OPS(X)
#undef X
  OP_N
} Opcode;

typedef struct { uint16_t op; uint32_t d, a, b, c; double k; } Ins;
typedef struct { Ins *ins; uint32_t n, regs; uint32_t *out; uint32_t nout; } Prog;   /* straight line; out[i]: register of output i */

/* Where an input of a kernel comes from. IN_GATHER makes "the price of my country", "my partner's choice" one mechanism. */
typedef enum {
  IN_OWN,       /* ref = slot of the lane's own unknowns */
  IN_GIVEN,     /* the same, where the agent takes it as given (a habit, a rebate): a better plan does not move it */
  IN_PAR,       /* ref = index into Problem.par: a parameter, the same for all lanes */
  IN_COLUMN,    /* ref = column of the block: data, one number a lane */
  IN_X,         /* ref = absolute index into x: a global, or one unknown of another block */
  IN_GATHER     /* ref = index column of the block: absolute index into x, lane by lane; NO_INDEX reads as zero */
} InputKind;
#define NO_INDEX UINT32_MAX
typedef struct { InputKind kind; uint32_t ref; } Input;

typedef enum { ROLE_CHOICE, ROLE_BUDGET, ROLE_EQUALITY, ROLE_INEQUALITY, ROLE_AUX } Role;   /* of an own unknown; the middle three are multipliers */
enum {
  OWN_LOG = 1,      /* its domain is x > 0 strictly (log x, x^-2). Where its lower bound is zero or less (system.h makes it zero then) the bound is never active; solvers
                       may use log unknowns. Where it is larger the flag counts for nothing */
  OWN_CLAIM = 2,    /* a position in a claim in zero net supply that delivers later: the least-trade rule counts it */
  OWN_EXACT = 8,    /* decided by an equation (a policy agent's): its row must vanish; bounds are a domain, not complementarity */
  OWN_FIRST = 16,   /* with rights to trade: a choice made before the later prices are known to the agent's recourse, or the multiplier of
                       a constraint on such choices alone; the agent's recourse problem takes it as given */
  OWN_EX_ANTE = 4   /* on a budget's multiplier: the ex-ante budget whose multiplier turns utility into ex-ante money */
};

typedef struct { uint32_t target; int by_lane; } Share;   /* by_lane: target is an index column; else a row: < nglobal, or nglobal + check */
typedef struct { uint32_t out, in; } Entry;               /* d value[out] / d in[in]; only inputs that are unknowns */

typedef struct Kernel {
  Input *in; uint32_t nin;
  uint32_t nown;                      /* own unknowns = own rows; value outputs 0..nown-1 */
  Share *share; uint32_t nshare;      /* value outputs nown..nown+nshare-1, added into rows of globals or into checks */
  Prog value;                         /* nown + nshare outputs */
  Prog terms;                         /* same outputs: sum of the absolute values of the row's additive terms */
  Prog jac; Entry *entry; uint32_t nentry;              /* jac output e is entry[e] */
  /* Problem form, independent of the conditions above (agents only; goal.nout = 0 otherwise). */
  Prog goal;                          /* output 0: the objective; then for each own slot the present-value weight of its multiplier
                                         (1 for choices): Lagrangian = goal + sum weight*multiplier*g */
  Prog goal_grad; uint32_t *goal_in; uint32_t ngoal_in; /* d objective / d in[goal_in[i]], own inputs only */
  Prog domain;                        /* outputs that must stay > 0 for the kernel to be defined */
  uint8_t *role, *flag;               /* per own slot */
  double *lower, *upper;              /* per own slot; used where the column is NO_INDEX */
  uint32_t *lower_col, *upper_col;    /* per own slot: column of the block, or NO_INDEX */
} Kernel;

typedef struct {
  const Kernel *k;
  uint32_t lanes, base;               /* base: absolute index of own slot 0, lane 0 */
  double **column; uint32_t ncolumn;
  uint32_t **index; uint32_t nindex;
  double *mass;                       /* per lane; NULL for families of conditions */
  const double *count;                /* per lane: how many lanes it stands for in every sum (sample.h); NULL for one each */
} Block;

typedef enum { GLOBAL_PRICE, GLOBAL_VARIABLE, GLOBAL_AGGREGATE, GLOBAL_SLACK } GlobalKind;
/* AGGREGATE: defined by its row (value of a total, a profit). SLACK: of a normalisation; zero at every solution by Walras' law. */
enum { GLOBAL_CLEARING = 1 /* its row is a market's clearing */, GLOBAL_NORMALISED = 2 /* its price is set by a normalisation */, GLOBAL_POSITIVE = 4 /* appears under log or a power */,
       GLOBAL_EXACT = 8 /* an equation: its row must vanish; the unknown's bounds are a domain, not complementarity */ };
typedef struct { GlobalKind kind; double lower, upper; uint32_t flag; } Global;

/* A market as certified: supply - demand from the original (not the reduced) conditions, summed into row nglobal + i. Every market
 * has one, the implied and the dropped ones too. price = NO_INDEX: the numeraire, price 1. */
typedef struct { uint32_t price; int equality; int implied; int waived /* the question fixes a price instead of asking this market to clear */; } Check;

/* Rights to trade at the prices of one exchange group (Kilenthong and Townsend; docs/methods.md). p_i: later prices, globals; P_i: the
 * prices of rights, globals, free in sign; Q_j: ex-ante prices of claims traded within an exchange only. For an agent h with mass m_h,
 * lambda_h the multiplier of its ex-ante budget times its weight, s_h its net purchase (demand - supply) in a later market, t_h its net
 * purchase of a claim, the shares that h's block adds are
 *     row of P_i: -m_h s_hi (supply - demand, as for every market)      row of Q_j: -m_h t_hj
 *     row of p_i: (m_h / lambda_h) dL_h/dp_i, L_h the extended Lagrangian; zero in sum
 * so slopes and net trades of every lane are read off the shares. d = n. */
typedef struct { uint32_t *price, *rights, n; uint32_t *claim, nclaim; } Exchange;

/* Names, formatted only when printed. Each writes at most n bytes with NUL and returns the length it wanted. */
typedef struct {
  void *ctx;
  size_t (*unknown)(void *ctx, uint32_t i, char *buf, size_t n);       /* "c[lender,c1]@now" */
  size_t (*condition)(void *ctx, uint32_t row, char *buf, size_t n);   /* "first-order condition of c[lender,c1]@now"; row may be a check */
  size_t (*lane)(void *ctx, uint32_t block, uint32_t lane, char *buf, size_t n);  /* "lender" */
  const char *sought;                                                  /* what a solution is, for words: "equilibrium", "optimum"; NULL: "solution" */
} Names;

typedef enum { P_MCP, P_OPTIMUM, P_LP, P_MIXTURE, P_CONTINUUM, P_RECURSIVE } ProblemKind;

typedef struct Problem {
  ProblemKind kind;
  uint32_t nx;
  Global *global; uint32_t nglobal;
  Check *check; uint32_t ncheck;
  Block *block; uint32_t nblock;
  Exchange *exchange; uint32_t nexchange;               /* one for each exchange group of an economy with rights to trade; else NULL, 0 */
  double *par; uint32_t npar;         /* parameters: moved by -D, where, sweeps; nothing is recompiled */
  double *start;                      /* per unknown, NaN where the user gave none; or NULL */
  double *fixed;                      /* per unknown, NaN where not fixed; or NULL. A fixed unknown's row is not asked for */
  Names names;
  Arena *mem;
} Problem;

static inline uint32_t problem_own(const Block *b, uint32_t slot, uint32_t lane) { return b->base + slot * b->lanes + lane; }

/* How linear systems are solved. AUTO: by the bordered form (border.h) where there are very many alike lanes, by sparse factors of the
 * whole elsewhere and where the bordered form fails. The others are for tests and benchmarks. */
typedef enum { LINEAR_AUTO, LINEAR_WHOLE, LINEAR_BORDERED } Linear;

typedef struct {
  double tol;                         /* relative residual asked for; 0 = 1e-11 */
  uint64_t seed;
  double seconds;                     /* 0 = none */
  size_t bytes;                       /* 0 = none */
  int (*tick)(void *ctx, double residual, const char *what);   /* called now and then; nonzero interrupts; may be NULL */
  void *ctx;
  Linear linear;
  int no_ladder;                      /* only the direct method: tests and benchmarks */
  int conditions_only;                /* the certificate looks at conditions and markets alone, not at agents' other plans: for points on the way to an answer */
} Settings;

/* One claim of a certificate. */
#define ECON_CLAIMS(X) X(CONDITIONS, "conditions") X(CLEARING, "clearing") X(AGENT_GLOBAL, "agent_global") X(SUPPORT, "support") \
  X(EXISTENCE, "existence") X(LOCAL_UNIQUENESS, "local_uniqueness")
typedef enum {
#define X(k, t) CLAIM_##k,
  ECON_CLAIMS(X)
#undef X
  CLAIM_N
} ClaimId;
typedef enum { PROVED, CHECKED, EVIDENCE, NOT_CHECKED, REFUTED } ClaimStatus;   /* REFUTED: the check was made and failed */
typedef struct {
  ClaimStatus status;
  double bound;                       /* NaN where there is none */
  const char *unit;                   /* "relative", "ex-ante money", "dimensions" */
  const char *method, *domain;        /* plain words, in the solution's arena or static */
  char *witness;                      /* in the model's names, or NULL */
} Claim;
typedef struct { uint32_t row; double residual, scale; } Worst;   /* row < nx, or nx + check */
typedef struct {
  Claim claim[CLAIM_N];
  Worst worst[8]; uint32_t nworst;    /* largest relative residuals first */
  double residual, clearing, gain;    /* the largest relative residual, relative market imbalance, gain from deviating (ex-ante money) */
  uint32_t indeterminate;             /* dimensions */
  int arbitrary;                      /* what is shown is any one of the solutions: there are too many dimensions for the one of least trade */
  int accepted;                       /* every claim that was checked holds */
} Certificate;

typedef struct { const char *method; EconStatus why; uint32_t iterations; double residual; } Attempt;
typedef struct {
  EconStatus status;                  /* SOLVED or INDETERMINATE only with an accepted certificate */
  double *x;                          /* nx; the best point reached where not solved */
  uint8_t *loose;                     /* nx: 1 where the value is not determined and the representative is shown */
  Certificate cert;
  Attempt tried[24]; uint32_t ntried;
  int by_ladder;                      /* the direct method did not do it */
  uint32_t iterations;
  char *explanation;                  /* a plain sentence for a failure or a witness, in the model's names; or NULL */
  Arena *mem;                         /* owns everything above; a field added here is one more in compiler/sweep_pack.c */
} Solution;

/* Solves and certifies. warm: nx start values or NULL. Always fills sol (release with solution_free); returns sol->status. */
EconStatus problem_solve(const Problem *p, const Settings *s, const double *warm, Solution *sol);
void solution_free(Solution *sol);

/* Certifies any x, whoever computed it: conditions, clearing, agents' deviations, rank. Independent of how x was found. `mem` owns
 * the texts. loose may be NULL. */
EconStatus problem_certify(const Problem *p, const double *x, const Settings *s, Arena *mem, Certificate *out, uint8_t *loose);

/* A solver of one problem kind. Solvers stand in econ_solvers[], tried in that order for their kind. */
typedef struct { const char *name; ProblemKind kind; EconStatus (*solve)(const Problem *, const Settings *, const double *warm, Solution *); } Solver;
extern const Solver econ_solvers[];
extern const unsigned econ_nsolvers;
#endif
