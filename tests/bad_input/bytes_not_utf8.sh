# Latin-1 letters in the title.
printf 'economy caf\351 "Soci\351t\351";\n'
