-- Two emails that differ only in the case of ASCII letters are one. lower() of Postgres depends on the
-- locale of the database: in a Turkish one, lower('INFO') is not 'info'. Nested replace() is the same
-- everywhere. The index by lower(email) stays for the programs that know no other.
CREATE UNIQUE INDEX users_by_folded_email ON users ((
  replace(replace(replace(replace(replace(replace(replace(replace(replace(
  replace(replace(replace(replace(replace(replace(replace(replace(replace(
  replace(replace(replace(replace(replace(replace(replace(replace(email
  , 'A', 'a'), 'B', 'b'), 'C', 'c'), 'D', 'd'), 'E', 'e'), 'F', 'f')
  , 'G', 'g'), 'H', 'h'), 'I', 'i'), 'J', 'j'), 'K', 'k'), 'L', 'l')
  , 'M', 'm'), 'N', 'n'), 'O', 'o'), 'P', 'p'), 'Q', 'q'), 'R', 'r')
  , 'S', 's'), 'T', 't'), 'U', 'u'), 'V', 'v'), 'W', 'w'), 'X', 'x')
  , 'Y', 'y'), 'Z', 'z')
));
