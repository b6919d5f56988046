mod adopt;
mod money;
mod rules;
