mod accrued;
mod adopt;
mod money;
mod rules;
