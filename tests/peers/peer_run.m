% peer_run(NAME, DATA, OUT): lmmcp on a problem of this folder. The function must agree with the library's at the start. OUT receives
% what is returned; prints the seconds and the solver's
% own word: 1 where it calls the point a solution.
function peer_run(name, data, out)
  global D
  D = load('-text', data);
  fun = str2func(['peer_' name]);
  [F, J] = fun(D.x0);
  G = sparse(D.J0(:,1), D.J0(:,2), D.J0(:,3), numel(F), numel(F));
  off = max([norm(F - D.F0, inf)/max(1, norm(D.F0, inf)), full(max(max(abs(J - G))))/full(max(max(abs(G))))]);
  if !(off < 1e-12), error('the functions differ by %g', off); end
  o = struct('TolFun', 1e-9, 'MaxIter', 500, 'Display', 'none');
  warning('off', 'all');
  t = tic;
  [x, ~, flag] = lmmcp(fun, D.x0, D.lower, D.upper, o);
  seconds = toc(t);
  f = fopen(out, 'w'); fprintf(f, '%.17g\n', x); fclose(f);
  printf('%.6f exit flag %d\n', seconds, flag);
end
