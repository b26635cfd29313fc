"""The examinations, by what they look at; `clinic.examine` has the table of them."""
