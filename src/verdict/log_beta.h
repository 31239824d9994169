// The beta function and its incomplete forms, as natural logarithms: the sequential tests divide
// numbers that are far below what a double can hold.
#pragma once

namespace gnomon::verdict {

// ln B(a, b), for a and b above 0.
double log_beta(double a, double b) noexcept;

// ln of the integral of t^(a-1) (1-t)^(b-1) from x to 1, and from 0 to x. Not divided by B(a, b).
double log_beta_above(double x, double a, double b) noexcept;
double log_beta_below(double x, double a, double b) noexcept;

// ln(exp(a) + exp(b)).
double log_add(double a, double b) noexcept;

}  // namespace gnomon::verdict
