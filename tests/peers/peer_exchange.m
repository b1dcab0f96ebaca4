% Power utility, n types, 5 goods, good 1 the numeraire: prices 2..5, then consumption good by good, then the budgets' multipliers.
function [F, J] = peer_exchange(x)
  global D
  G = 5; n = numel(D.data_1_1); P = G - 1;
  e = zeros(n, G); w = zeros(n, G);
  for g = 1:G
    e(:,g) = D.(sprintf('data_1_%d', g)); w(:,g) = D.(sprintf('data_1_%d', G + g));
  end
  gamma = D.(sprintf('data_1_%d', 2*G + 1)); m = D.(sprintf('data_1_%d', 2*G + 2));
  p = [1; x(1:P)]; c = reshape(x(P + (1:n*G)), n, G); l = x(P + n*G + (1:n));
  F = [((m' * (e - c))(2:G))'; reshape(l * p' - w .* c .^ -gamma, [], 1); (e - c) * p];
  if nargout < 2, return; end
  h = (1:n)'; i = []; j = []; v = [];
  for g = 1:G
    at = P + (g - 1)*n + h;
    i = [i; at; at; P + n*G + h]; j = [j; at; P + n*G + h; at];
    v = [v; gamma .* w(:,g) .* c(:,g) .^ (-gamma - 1); p(g)*ones(n, 1); -p(g)*ones(n, 1)];
    if g > 1
      one = (g - 1)*ones(n, 1);
      i = [i; one; at; P + n*G + h]; j = [j; at; one; one]; v = [v; -m; l; e(:,g) - c(:,g)];
    end
  end
  J = sparse(i, j, v, numel(x), numel(x));
end
