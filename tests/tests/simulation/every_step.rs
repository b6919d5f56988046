//! Every call of every handler, broken once in every way: before it, after it, with its answer lost, throttled, in
//! conflict. The request is then sent again, and the promises must hold.
