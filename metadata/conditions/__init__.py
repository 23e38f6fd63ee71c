"""Conditions on records: one form for views, filters, validation, reports and rules.

Use `metadata.condition`, which holds the public names. Three meanings of a condition are kept
equal by property tests: `evaluate` (Python), `compile_sql` (SQL) and `sentence` (for people).

Empty values follow SQL's logic of three values, everywhere alike:

- a comparison with an empty value is unknown (None, NULL); an empty text or an empty multiple
  choice is an empty value; an empty checkbox counts as unticked;
- a path through an empty lookup is empty;
- `not` of unknown is unknown; `all` is false when a part is false, else unknown when a part is
  unknown; `any` is true when a part is true, else unknown when a part is unknown;
- `is_empty` and `is_not_empty` are true or false, never unknown;
- "me" for work of the system, which is nobody, makes its comparison unknown;
- a record matches when its condition is true: false and unknown both leave it out.
"""
