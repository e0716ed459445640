// The model that a session uses when it is given none.

extension LinearModel {
  /// Rest, left and right fist, imagined; 8 channels over the motor cortex, 250 samples a second.
  ///
  /// Trained by Tests/Oracles/decoding/train_default_model.py on two runs of one person (PhysioNet
  /// eegmmidb, S001R08 and S001R12) and tested on a third (S001R04): of 888 overlapping one-second
  /// windows it finds 53 % of rest, 51 % of left and 58 % of right, a balanced accuracy of 0.54
  /// where chance is 0.33. It shows the chain at work on that recording; it decodes nobody else.
  public static func motorImagery() throws(ModelFault) -> LinearModel {
    try LinearModel(
      classes: ["rest", "left", "right"],
      channels: ["FC3", "FCz", "FC4", "C3", "Cz", "C4", "CP3", "CP4"],
      centres: [
        4.085716, 4.001378, 4.022081, 3.798541, 3.144485, 3.828137, 4.221105, 4.253175,
      ],
      biases: [0.042501, 0.032668, -0.075169],
      weights: [
        [0.336168, 0.293670, 0.173015, 0.690662, 0.043599, -0.047081, -0.165641, 0.083203],
        [0.039314, 0.062812, -0.735780, -0.274971, 0.070633, 0.029742, 0.666042, -0.064979],
        [-0.375481, -0.356483, 0.562765, -0.415691, -0.114232, 0.017340, -0.500401, -0.018225],
      ])
  }
}
