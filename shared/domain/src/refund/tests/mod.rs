mod money;
mod rules;
