% Prices of the regions, then flows between pairs.
function [F, J] = peer_spatial(x)
  global D
  n = numel(x); r = numel(D.data_2_1); p = x(1:r); f = x(r+1:n);
  F = [D.data_2_2 .* p - D.data_2_1 - accumarray(D.index_1_1, f, [r 1]) + accumarray(D.index_1_2, f, [r 1]); p(D.index_1_1) + D.data_1_1 - p(D.index_1_2)];
  if nargout < 2, return; end
  l = D.index_1_3; one = ones(numel(l), 1); a = (1:r)';
  J = sparse([a; D.index_1_1; D.index_1_2; l; l], [a; l; l; D.index_1_1; D.index_1_2], [D.data_2_2; -one; one; one; -one], n, n);
end
