// From the configuration, text and numbers, to values that each part has checked; no hardware is
// touched yet, so that a mistake costs nothing.

import Amplifiers
import Decoding
import Exoskeleton
import RT
import Recording
import SampleFeed
import Signal

/// Everything that a session needs to know before it opens the first device.
struct SessionPlan {
  var configuration: Configuration
  var montage: Montage
  var chip: ADS1299Configuration
  var signal: SignalConfiguration
  var model: LinearModel
  var rule: DecisionRule
  var limits: GovernorLimits
  var demands: DemandTable
  var framesPerDecision: Int

  /// - Parameter montage: the channels of a recording that is to be replayed; nil: the chip's.
  init(_ configuration: Configuration, montage replayed: Montage? = nil) throws(Failure) {
    self.configuration = configuration
    chip = try Self.chip(configuration.amplifier)
    montage = replayed ?? chip.montage(labels: configuration.amplifier.channels)
    signal = Self.signal(configuration)
    model = try Self.model(configuration.decoder)
    rule = try Self.rule(configuration.decoder)
    limits = try Self.limits(configuration.exoskeleton)
    demands = try Self.demands(configuration.exoskeleton, model: model, limits: limits)
    let frames = montage.samplesPerSecond * configuration.decoder.periodSeconds
    guard frames >= 1 else {
      throw Failure(
        .configuration,
        "`decoder.period` is shorter than a sample at \(montage.samplesPerSecond) a second")
    }
    framesPerDecision = Int(frames + 0.5)
  }

  /// What `acquire config check` calls: builds everything that can be built without hardware.
  static func check(_ configuration: Configuration) throws(Failure) {
    let plan = try SessionPlan(configuration)
    if configuration.amplifier.kind != "replay" { _ = try plan.stage() }
  }

  /// The signal chain and the decoder for this plan's channels.
  func stage() throws(Failure) -> DecodingStage {
    do throws(ModelFault) {
      try model.validate(against: montage)
    } catch {
      throw Failure(.data, error.message)
    }
    let chain: SignalChain
    do throws(SignalFault) {
      chain = try SignalChain(signal, montage: montage)
    } catch {
      throw Failure(.configuration, error.message)
    }
    return DecodingStage(
      chain: chain,
      decoder: LinearDecoder(model: model, rule: rule),
      framesPerDecision: framesPerDecision)
  }
}
