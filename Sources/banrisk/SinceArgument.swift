internal import ArgumentParser
internal import RiskModel

extension SinceArgument: ExpressibleByArgument {}
