// The sequential McNemar test: of the pairs in which just one side "loses", does the candidate lose
// more often than the other side?
#pragma once

#include <cstdint>

namespace gnomon::verdict {

// Evidence that the candidate loses more than half of the discordant pairs: b where only it lost, c
// where only the other side did. Theta, its share, is uniform over (1/2, 1): best where pairs are
// rarely discordant, as errors are.
double log_e_paired(uint64_t b, uint64_t c) noexcept;

// The mean over Beta(kappa, kappa) priors, kappa 1, 10, 100 and 1000, cut to (1/2, 1): finds small
// shifts on noisy fields sooner, and costs a quarter more pairs on clean ones.
double log_e_paired_mixed(uint64_t b, uint64_t c) noexcept;

// Never below either of the two, and cheap: most looks need no more.
double log_e_paired_bound(uint64_t b, uint64_t c) noexcept;

}  // namespace gnomon::verdict
