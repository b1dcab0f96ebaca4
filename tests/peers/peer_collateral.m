% Environment 1: p now, p later, Q; then for both types c1 now, c2 now, c1 later, c2 later, k, theta, the budgets' multipliers, the
% collateral constraint's. R, beta and the probability are one.
function [F, J] = peer_collateral(x)
  global D
  n = 2; X = reshape(x(4:end), n, 9);
  e = [D.data_1_1, D.data_1_2, D.data_1_3, D.data_1_4]; w = [D.data_1_5, D.data_1_6, D.data_1_5, D.data_1_6];
  gamma = D.data_1_7; m = D.data_1_8;
  p0 = x(1); p1 = x(2); Q = x(3);
  c = X(:,1:4); k = X(:,5); th = X(:,6); l0 = X(:,7); l1 = X(:,8); mu = X(:,9);
  price = [1, p0, 1, p1]; L = [l0, l0, l1, l1];
  F = [m' * (e(:,2) - c(:,2) - k); m' * (e(:,4) - c(:,4) + k); -m' * th;
       reshape(L .* price - w .* c .^ -gamma, [], 1); p0*l0 - p1*(l1 + mu); Q*l0 - l1 - mu;
       (e(:,1:2) - c(:,1:2)) * [1; p0] - p0*k - Q*th; (e(:,3:4) - c(:,3:4)) * [1; p1] + p1*k + th; p1*k + th];
  if nargout < 2, return; end
  J = zeros(21);
  for h = 1:n
    at = @(s) 3 + (s - 1)*n + h;
    for s = 1:4
      J(at(s), at(s)) = gamma(h)*w(h,s)*c(h,s)^(-gamma(h) - 1);
      J(at(s), at(7 + (s > 2))) = price(s); J(at(7 + (s > 2)), at(s)) = -price(s);
    end
    J(at(2), 1) = l0(h); J(at(4), 2) = l1(h);
    J(1, at(2)) = -m(h); J(1, at(5)) = -m(h); J(2, at(4)) = -m(h); J(2, at(5)) = m(h); J(3, at(6)) = -m(h);
    J(at(5), [1, 2]) = [l0(h), -l1(h) - mu(h)]; J(at(5), [at(7), at(8), at(9)]) = [p0, -p1, -p1];
    J(at(6), 3) = l0(h); J(at(6), [at(7), at(8), at(9)]) = [Q, -1, -1];
    J(at(7), [1, 3]) = [e(h,2) - c(h,2) - k(h), -th(h)]; J(at(7), [at(5), at(6)]) = [-p0, -Q];
    J(at(8), 2) = e(h,4) - c(h,4) + k(h); J(at(8), [at(5), at(6)]) = [p1, 1];
    J(at(9), 2) = k(h); J(at(9), [at(5), at(6)]) = [p1, 1];
  end
  J = sparse(J);
end
