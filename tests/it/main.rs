//! Stories with the real binary on real repositories.
