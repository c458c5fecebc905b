// How sure one can be of a share that was estimated from few samples: one error in three
// requests is not "33 % of requests fail".

/// One-sided bounds of the Wilson score interval (Wilson, "Probable inference", JASA 22, 1927;
/// Brown, Cai and DasGupta, "Interval estimation for a binomial proportion", 2001).
enum Wilson {
    /// The share is at least this, at the level whose normal quantile is `z`.
    /// - Parameters:
    ///   - p: the share seen, 0…1.
    ///   - samples: of how many; more than 0.
    static func lower(_ p: Double, samples: Double, z: Double) -> Double {
        Swift.max(0, centre(p, samples, z) - reach(p, samples, z))
    }

    /// The share is at most this.
    static func upper(_ p: Double, samples: Double, z: Double) -> Double {
        Swift.min(1, centre(p, samples, z) + reach(p, samples, z))
    }

    private static func centre(_ p: Double, _ n: Double, _ z: Double) -> Double {
        (p + z * z / (2 * n)) / (1 + z * z / n)
    }

    private static func reach(_ p: Double, _ n: Double, _ z: Double) -> Double {
        let variance = p * (1 - p) / n + z * z / (4 * n * n)
        return z * Swift.max(0, variance).squareRoot() / (1 + z * z / n)
    }
}

/// The standard normal distribution.
enum NormalDistribution {
    /// The z below which a share `level` of it lies: 1.645 for 95 %. 0 below 50 %, at most that
    /// of 1 − 10⁻⁹.
    static func quantile(_ level: Double) -> Double {
        guard level > 0.5 else { return 0 }
        var low = 0.0
        var high = 6.0
        // Halved until the two are neighbours, or nearly.
        for _ in 0..<64 {
            let middle = (low + high) / 2
            if cumulative(middle) < level { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }

    /// Φ(x) = ½ + 1/√(2π) · Σ (−1)ⁿ x²ⁿ⁺¹ / (2ⁿ n! (2n+1)), the series of the error function
    /// (Abramowitz and Stegun 26.2.10); good to 10⁻⁹ for 0 ≤ x ≤ 6.
    static func cumulative(_ x: Double) -> Double {
        var term = x
        var sum = x
        for n in 1..<200 {
            term *= -x * x / (2 * Double(n))
            let part = term / Double(2 * n + 1)
            sum += part
            if abs(part) < 1e-17 { break }
        }
        return 0.5 + sum / (2 * Double.pi).squareRoot()
    }
}
