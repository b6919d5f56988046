//! Laws and examples of moves.
