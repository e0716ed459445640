// The model that a session uses when it is given none.

extension LinearModel {
  /// Rest, left and right fist, imagined; 8 channels over the motor cortex, 250 samples a second.
  ///
  /// Trained by Tests/Oracles/decoding/train_default_model.py on two runs of one person (PhysioNet
  /// eegmmidb, S001R08 and S001R12) and tested on a third (S001R04): of 888 overlapping one-second
  /// windows it finds 52 % of rest, 48 % of left and 59 % of right, a balanced accuracy of 0.53
  /// where chance is 0.33. It shows the chain at work on that recording; it decodes nobody else.
  /// docs/models/motor-imagery-8ch.toml holds the same numbers as a model file.
  public static func motorImagery() throws(ModelFault) -> LinearModel {
    try LinearModel(
      classes: ["rest", "left", "right"],
      channels: ["FC3", "FCz", "FC4", "C3", "Cz", "C4", "CP3", "CP4"],
      centres: [
        4.085716, 4.001378, 4.022081, 3.798541, 3.144485, 3.828137, 4.221105, 4.253175,
      ],
      biases: [0.065738, 0.026064, -0.091802],
      weights: [
        [0.355956, 0.518543, 0.160189, 1.222858, 0.050412, -0.270179, -0.504885, 0.036145],
        [0.104989, 0.011687, -1.136950, -0.591973, 0.121606, 0.196652, 1.175489, -0.110758],
        [-0.460945, -0.530230, 0.976761, -0.630885, -0.172018, 0.073527, -0.670604, 0.074613],
      ])
  }
}
