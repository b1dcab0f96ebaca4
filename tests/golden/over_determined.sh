# The paper's system of payments in two countries, which is over-determined: docs/over-determined.md shows this transcript.
echo '#$ econc check FILE'
cat "$(dirname "$0")/../../examples/payments/paper-system.econ"
