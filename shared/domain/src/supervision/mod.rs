//! Supervision (市校内课后服务监管系统): what the city is told, what it has acknowledged, and where both sides differ. B5 B6
//! D5 K7, promise P7.

pub mod thing;
