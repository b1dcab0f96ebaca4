/* why.c: what the codes of messages mean, by family: the part of a code before its dot. One message in full, with examples, is in
 * docs/diagnostics.md; this is what `econc explain --why CODE` says where that file is not at hand. */
#include "econ.h"
#include <string.h>

static const struct { const char *family, *text; } why[] = {
    {"syntax", "The text could not be read as statements of the language. The caret stands where reading stopped; the mistake is there or just before, "
               "often a missing `;`, `,` or closing bracket. Reading goes on after the next `;` or `}`, so that one run reports every mistake."},
    {"table", "A data table or list of values could not be read: every row must have as many cells as there are columns; cells are numbers, fractions, `.` "
              "for zero, or expressions in parentheses. New lines matter inside tables."},
    {"file", "A file could not be read. Data files are looked up in the folder of the model; nothing outside of it and of the library is opened."},
    {"csv", "A CSV file of data does not have the form asked for: one column for each index and one called `value`, or labels in rows and columns."},
    {"names", "A name is not known where it stands, means two things, or is spelt with indices it does not have. Elements of sets, values (parameters, "
              "choices, prices), and structures (agents, markets, constraints, solutions) are three name spaces. An index may be left out where it can be "
              "found in exactly one way: in the statement's own binders, the agent's type, the node."},
    {"index", "A quantity is used with indices that are not those it was declared with. Its full spelling lists all of them, the node behind `@`."},
    {"fn", "A function was called with arguments that do not fit its definition, or calls itself. Functions are pure and are expanded where they are used."},
    {"let", "A named expression refers to itself, directly or through others. A `let` is a name for an expression; what is to be solved for is a `variable`."},
    {"set", "A set's elements are not usable: none, twice the same, or a range whose end is below its beginning."},
    {"sets", "A set's elements are not usable: none, twice the same, or a range whose ends are not whole numbers or in the wrong order. The ends of a range "
             "are made of numbers and of parameters without indices, whose values -D may change for the whole run."},
    {"size", "The sets make the economy larger than the memory allowed (--memory, or that of the machine) or than unknowns can be counted. This is the "
             "smallest reckoning, before anything is computed; solving needs more."},
    {"ask", "A question sets or fixes something in a way that has no meaning: what is not a parameter, not one number, set twice, or what sizes the sets of the file."},
    {"data", "A number is missing, given twice, or given for an element that is not in the set; or what the file says of a table does not hold: in a balanced "
             "one each account's row adds up to what its column does."},
    {"planner", "An optimum maximises the welfare of agents with objectives (maximize TYPE, CLASS, or a weighted sum of welfares) and holds that of others at "
                "levels made of numbers, parameters and values of solutions that stand before it; everybody who is there is maximised or held. It chooses quantities "
                "with lump-sum transfers, so prices, taxes or rules that no budget explains leave it nothing that it could mean."},
    {"calibrate", "A calibration makes parameters that are declared without a value unknowns of the one question that its targets are about: as many entries as "
                  "targets, each target an equality between quantities of that solution and numbers. Masses, probabilities, beliefs, bounds and tables are data."},
    {"override", "A -D does not give a parameter of the file a number."},
    {"values", "A parameter's value is missing, not a finite number, defined through itself, or not allowed where it is used: masses are positive, "
               "probabilities are not negative and add up to one over the successors of a node."},
    {"tree", "The event tree is not one: it needs a single first node, and every other node exactly one predecessor."},
    {"time", "A quantity is used at a node where it cannot be: `@prev` at the first node needs `initial`, `@next` outside `E[...]` needs a single successor."},
    {"agent", "An agent's block is not a decision problem: it has choices, at most one `maximize`, budgets and constraints."},
    {"market", "A market cannot be formed. Without a body it clears, at each node, what the budgets trade at its price; the price must enter budgets "
               "linearly and each quantity of a good must enter with coefficient one. Otherwise write the body: `market m price p: demand = supply;`."},
    {"markets", "A market cannot be formed. Without a body it clears, at each node, what the budgets trade at its price; the price must enter budgets "
                "linearly and each quantity of a good must enter with coefficient one. Otherwise write the body: `market m price p: demand = supply;`."},
    {"numeraire", "Prices need one unit of account in each currency: mark a good `numeraire`, or write `numeraire p[L] = 1;`. Two that contradict or repeat "
                  "each other leave the system without a solution."},
    {"policy", "An agent without `maximize` has as many conditions as choices; each of its named conditions determines one of them."},
    {"count", "There are not as many conditions as unknowns, or a variable stands in no condition. The message names what is left over on each side."},
    {"structure", "Which conditions can determine which unknowns is matched by name before anything is solved. A part with more conditions than unknowns in it "
                  "cannot be solved whatever the numbers are, and elsewhere as many unknowns are left without a condition. The message lists both parts."},
    {"kkt", "First-order conditions could not be derived: an objective or constraint is not differentiable in the agent's own choices in a way the language supports."},
    {"diff", "First-order conditions could not be derived: an objective or constraint is not differentiable in the agent's own choices in a way the language supports."},
    {"without", "A question drops something that is not there. `without` takes the names of constraints and markets of the economy."},
    {"of", "A question keeps types that the class does not have, or the class has more than one index."},
    {"where", "A question sets a parameter that is not there, or gives it a value that is not a number."},
    {"fix", "A question fixes something that is no unknown, or an unknown without a paired condition that could be dropped for it."},
    {"lower", "The economy uses a form that the solver's problem cannot express, for example a condition over unknowns."},
    {"institution", "An institution is a module that changes an economy: it may add names, extend what stands by terms (`...` is what was there), replace or drop it "
                    "by name. `with NAME(...)` applies it, to one question as a clause or to the whole file as a statement; `without NAME` leaves it out of one question. Arguments are checked against the kinds it declares."},
    {"rights", "Rights to trade at later prices (`with rights_to_trade`) need prices that occur in later constraints, one numeraire good at later nodes, one budget "
               "at the root, and agents who choose by an objective and take nothing but prices as given later on."},
    {"use", "`use CHAPTER;` reads CHAPTER.econ beside the model or in the library and makes its functions, parameters and institutions known. It applies nothing."},
    {"later", "This is part of the language but not of this version. It was understood and is refused rather than ignored."},
    {"equilibria", "A question for all equilibria found other equilibria than were asked about, or the index theorem says that there are more: the indices of all "
                   "regular equilibria add to 1."},
    {"query", "What was asked for has no value in that solution, or several solutions could be meant: write the solution's name in front, as in `ex.k[lender]`."},
    {"expect", "An `expect` of the file does not hold. Both values and their difference are shown. Without `within`, equality allows 1e-9 times the larger of one "
               "and the right side's size; `within x` is an absolute tolerance, `within x%` a relative one."},
    {"statistic", "A function of solutions (ev, cv, ce, ...) was called with arguments of other kinds than it takes, of somebody for whom it is not defined, or "
                  "outside of report, expect, plot and --get. The message shows how it is written."},
    {"sweep", "A sweep solves its questions at many values of parameters: `sweep a = 1 .. 2 by 0.1 { solve g = equilibrium; }`, lists in braces, several axes "
              "for their product, or the rows of a file. Its axes move parameters or single entries and must give at least one point."},
    {"plot", "A plot shows what solutions of one sweep do: `plot g.p against a;`. The horizontal axis has one value at each point."},
    {"journal", "The file of --resume keeps the finished points of a run's sweeps. It is taken up only by a run that would give the same results: same model and "
                "files, same -D, --seed and --cold, same version."},
    {"report", "A `report` asks for something that has no value to show."},
    {"pass", "The compiler turns an economy into a problem in steps called passes; the message lists their names."},
    {"ir", "The compiler's own check of its tables failed between two passes. This is a mistake of the compiler and not of the model; please report it with the file."},
    {"solve", "This kind of question cannot be answered by this version, or is asked in a way that contradicts the economy."},
};

const char *econ_why(const char *code) {
  size_t n = strcspn(code, ".");
  for (size_t i = 0; i < sizeof why / sizeof *why; i++)
    if (strlen(why[i].family) == n && !strncmp(why[i].family, code, n)) return why[i].text;
  return NULL;
}
