// Bounds against published figures.

import Testing

@testable import WatchCore

@Suite struct WilsonTests {
    /// Quantiles of the standard normal distribution (Abramowitz and Stegun, table 26.5).
    @Test(arguments: [
        (0.5, 0.0), (0.75, 0.6744897502), (0.9, 1.2815515655), (0.95, 1.6448536270),
        (0.975, 1.9599639845), (0.99, 2.3263478740), (0.999, 3.0902323062),
        (0.9999, 3.7190164855),
    ])
    func quantilesAreThoseOfTheTables(level: Double, z: Double) {
        #expect(abs(NormalDistribution.quantile(level) - z) < 1e-8)
    }

    @Test func thereIsNoCertainty() {
        #expect(NormalDistribution.quantile(1) < 7)
        #expect(NormalDistribution.quantile(0.2) == 0)
        #expect(NormalDistribution.quantile(.nan) == 0)
    }

    /// Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I,
    /// method 3, 95 % two-sided: each bound is one-sided at 97.5 %.
    @Test(arguments: [
        (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ])
    func boundsAreNewcombes(part: Int, whole: Int, low: Double, high: Double) {
        let z = NormalDistribution.quantile(0.975)
        let p = Double(part) / Double(whole)
        #expect(abs(Wilson.lower(p, samples: Double(whole), z: z) - low) < 5e-5)
        #expect(abs(Wilson.upper(p, samples: Double(whole), z: z) - high) < 5e-5)
    }

    @Test func moreSamplesAreSurer() {
        var before = 0.0
        for samples in [1.0, 3, 10, 100, 1e6, 1e12] {
            let bound = Wilson.lower(0.3, samples: samples, z: 1.645)
            #expect(bound > before && bound < 0.3)
            #expect(Wilson.upper(0.3, samples: samples, z: 1.645) > 0.3)
            before = bound
        }
    }

    @Test func boundsStayWithinTheShare() {
        for part in 0...20 {
            for z in [0, 0.5, 1.645, 3.7] {
                let p = Double(part) / 20
                let low = Wilson.lower(p, samples: 20, z: z)
                let high = Wilson.upper(p, samples: 20, z: z)
                #expect(low >= 0 && low <= p + 1e-12 && high >= p - 1e-12 && high <= 1)
            }
        }
    }
}
